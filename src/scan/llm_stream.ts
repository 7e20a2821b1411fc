/**
 * A language model's answer, streamed a few characters an event → findings in what it says.
 *
 * `rm -rf /` never stands in the bytes of such an answer. The pieces of each block, a text or the
 * arguments of a tool call, are joined and scanned as they come, with their views: arguments are
 * JSON, cut anywhere. The bytes are scanned as well. A finding's `part` is
 * `<framing>:<kind>[<index>]`, with `.input` and the tool's name for a call: `sse:text[0]`,
 * `sse:tool_use[1].input(bash)`; its offsets are those of the events that carried the match, and its
 * `encoding` begins with the framing where the text was joined.
 *
 * Invariant: no event below `cleared` carries a part of a finding that is yet to come.
 */
import { NO_BYTES } from "./byte_sink.ts";
import type { StreamScanner } from "./decoded_view.ts";
import { ViewScanner, type ViewScannerOptions } from "./encoded_views.ts";
import { createEventSplitter, type EventFraming, type SplitEvent } from "./event_splitter.ts";
import type { Finding } from "./finding.ts";
import { type BlockName, type LlmDelta, llmDeltas } from "./llm_delta.ts";
import { OffsetMap } from "./offset_map.ts";
import { RepeatedFindings } from "./repeated_findings.ts";
import type { RuleSet } from "./rule_set.ts";
import { TextScanner } from "./text_scanner.ts";

/** Blocks that are joined at a time; when one more begins, the oldest is ended. */
const MAX_BLOCKS = 64;
/** Events remembered, to say which block a finding in the bytes belongs to. */
const MAX_KNOWN_EVENTS = 64;
/** Levels of encoding undone in joined text: its events' JSON is undone already. */
const JOINED_DEPTH = 2;
/**
 * A word at the end of an event is base64 to be, perhaps; from so many digits on it waits for the next
 * event. Less would delay nearly every event by one.
 */
const MIN_WAITING_DIGITS = 11;

/** Scans one answer. */
export class LlmStream implements StreamScanner {
  readonly #framing: string;
  readonly #openBlock: (part: string) => Block;
  readonly #bytes: TextScanner;
  readonly #splitter;
  readonly #repeated = new RepeatedFindings();
  /** By kind and index, oldest first. */
  readonly #blocks = new Map<string, Block>();
  readonly #events: { readonly start: number; readonly end: number; readonly part: string }[] = [];
  #cleared = 0;

  constructor(
    ruleSet: RuleSet,
    options: ViewScannerOptions & { readonly framing: EventFraming },
  ) {
    const { encoding = "" } = options;
    const framing = options.framing === "sse" ? "sse" : "json";
    this.#framing = framing;
    this.#bytes = new TextScanner(ruleSet, options);
    this.#splitter = createEventSplitter(options.framing);
    const joinedOptions: ViewScannerOptions = {
      ...options,
      encoding: encoding === "" ? framing : `${encoding}>${framing}`,
      depth: JOINED_DEPTH,
      minWaitingDigits: MIN_WAITING_DIGITS,
    };
    this.#openBlock = (part) => new Block(new ViewScanner(ruleSet, joinedOptions), part);
  }

  get cleared(): number {
    const pending = this.#splitter.pendingStart ?? Infinity;
    let cleared = Math.min(this.#bytes.cleared, pending);
    for (const block of this.#blocks.values()) cleared = Math.min(cleared, block.cleared);
    this.#cleared = Math.max(this.#cleared, cleared);
    return this.#cleared;
  }

  /** Bytes of views that were not looked at because the answer decodes to too much. */
  get refusedBytes(): number {
    return this.#bytes.refusedBytes;
  }

  push(bytes: Uint8Array): Finding[] {
    const joined: Finding[] = [];
    this.#splitter.push(bytes, (event) => this.#read(event, joined));
    return this.#report(this.#bytes.push(bytes), joined);
  }

  end(lastBytes: Uint8Array = NO_BYTES): Finding[] {
    const joined: Finding[] = [];
    const read = (event: SplitEvent) => this.#read(event, joined);
    this.#splitter.push(lastBytes, read);
    this.#splitter.end(read);
    this.#endAll(joined);
    return this.#report(this.#bytes.end(lastBytes), joined);
  }

  /** What stands in the bytes comes first: its place is exact. */
  #report(inBytes: readonly Finding[], joined: readonly Finding[]): Finding[] {
    if (inBytes.length + joined.length === 0) return [];
    const placed = inBytes.map((finding) => {
      const event = this.#events.find(({ start, end }) =>
        start <= finding.start && finding.end <= end
      );
      return event === undefined ? finding : { ...finding, part: event.part };
    });
    return this.#repeated.fresh([...placed, ...joined]);
  }

  #read(event: SplitEvent, found: Finding[]): void {
    for (const delta of llmDeltas(parsed(event.data))) this.#apply(delta, event, found);
  }

  #apply(delta: LlmDelta, event: SplitEvent, found: Finding[]): void {
    if (delta.type === "all_ended") return this.#endAll(found);
    const key = `${delta.kind}[${delta.index}]`;
    const block = this.#blocks.get(key);
    switch (delta.type) {
      case "named":
        // Some imitators of OpenAI repeat the name with every piece.
        if (block !== undefined && block.part.endsWith(`(${delta.tool})`)) return;
        if (block !== undefined) this.#end(key, block, found);
        this.#begin(key, delta, found, `.input(${delta.tool})`);
        return;
      case "text": {
        const open = block ??
          this.#begin(key, delta, found, delta.kind === "tool_use" ? ".input" : "");
        found.push(...open.append(delta.text, event));
        this.#remember(event, open.part);
        return;
      }
      case "ended":
        if (block !== undefined) this.#end(key, block, found);
        return;
      default:
        delta satisfies never;
    }
  }

  #begin(key: string, { kind, index }: BlockName, found: Finding[], suffix: string): Block {
    const [oldest] = this.#blocks;
    if (oldest !== undefined && this.#blocks.size >= MAX_BLOCKS) this.#end(...oldest, found);
    const block = this.#openBlock(`${this.#framing}:${kind}[${index}]${suffix}`);
    this.#blocks.set(key, block);
    return block;
  }

  #end(key: string, block: Block, found: Finding[]): void {
    this.#blocks.delete(key);
    found.push(...block.end());
  }

  #endAll(found: Finding[]): void {
    for (const [key, block] of this.#blocks) this.#end(key, block, found);
  }

  #remember({ start, end }: SplitEvent, part: string): void {
    this.#events.push({ start, end, part });
    if (this.#events.length > MAX_KNOWN_EVENTS) this.#events.shift();
  }
}

/** The joined text of one block. */
class Block {
  /** As it stands in a finding. */
  readonly part: string;
  readonly #scanner: ViewScanner;
  readonly #map = new OffsetMap();
  #length = 0;

  constructor(scanner: ViewScanner, part: string) {
    this.#scanner = scanner;
    this.part = part;
  }

  /** Scans a piece; all of it stands for all of the event. */
  append(text: string, { start, end }: SplitEvent): Finding[] {
    const bytes = encoder.encode(text);
    this.#map.begin(this.#length, start, { decodedUnit: bytes.length, encodedUnit: end - start });
    this.#map.stop(end);
    this.#length += bytes.length;
    const found = this.#scanner.push(bytes).map((finding) => this.#place(finding));
    this.#map.forget(this.#scanner.cleared);
    return found;
  }

  end(): Finding[] {
    return this.#scanner.end().map((finding) => this.#place(finding));
  }

  /** Where the first event begins that may carry a part of a finding yet to come, or infinity. */
  get cleared(): number {
    const { cleared } = this.#scanner;
    return cleared >= this.#length ? Infinity : this.#map.startOf(cleared);
  }

  #place(finding: Finding): Finding {
    const { start, end } = finding;
    return {
      ...finding,
      part: this.part,
      start: this.#map.startOf(start),
      end: this.#map.endOf(end),
    };
  }
}

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** The value of an event's data; undefined: it is no JSON object (`[DONE]`). */
function parsed(data: Uint8Array): unknown {
  if (data[0] !== 0x7b) return undefined;
  try {
    return JSON.parse(decoder.decode(data));
  } catch {
    // No JSON after all: scanned as bytes, like everything.
    return undefined;
  }
}
