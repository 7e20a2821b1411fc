/**
 * The bytes of a stream of events → the data of each event, and where it stood.
 *
 * `sse`: server-sent events (HTML standard §9.2.6), of which only `data` matters; `json`: JSON objects
 * that follow each other, in lines or in an array; `json_array` is that too, if the array begins as
 * Gemini's does, and else no events. None checks its input: what isn't an event
 * is passed over. An event of more than 256 KiB is passed over too, so that memory is bounded.
 */
import { ByteSink } from "./byte_sink.ts";
import { latin1Text } from "./latin1.ts";

/** How events are written. */
export type EventFraming = "sse" | "json" | "json_array";

/** One event's data. */
export interface SplitEvent {
  /** UTF-8; valid until the sink returns. */
  readonly data: Uint8Array;
  /** Offsets in the stream that cover it. */
  readonly start: number;
  readonly end: number;
}

/** Receives the events of one call. */
export type EventSink = (event: SplitEvent) => void;

/** Splits one stream. */
export interface EventSplitter {
  push(bytes: Uint8Array, sink: EventSink): void;
  /** Says that the stream is over: an event without its last line break is one all the same. */
  end(sink: EventSink): void;
  /** Where the event begins that is incomplete; undefined: none is. */
  readonly pendingStart: number | undefined;
}

/** Data of an event. A tool call's arguments in one piece are some KiB; a recap of the answer may be more. */
const MAX_EVENT_BYTES = 262_144;

const LINE_FEED = 0x0a;
const CARRIAGE_RETURN = 0x0d;
const SPACE = 0x20;
const DATA = [0x64, 0x61, 0x74, 0x61, 0x3a] as const; // data:

/** Makes the splitter of one stream. */
export function createEventSplitter(framing: EventFraming): EventSplitter {
  switch (framing) {
    case "sse":
      return new SseSplitter();
    case "json":
      return new JsonSplitter();
    case "json_array":
      return new GeminiArraySplitter();
  }
}

/** Offsets, data and limit of the event under way. */
class PendingEvent {
  readonly #data = new ByteSink();
  #start: number | undefined;
  #end = 0;
  #isTooLong = false;

  /** Undefined: no event is under way, or one that is too long. */
  get start(): number | undefined {
    return this.#isTooLong ? undefined : this.#start;
  }

  get hasBegun(): boolean {
    return this.#start !== undefined;
  }

  begin(offset: number): void {
    this.#start ??= offset;
  }

  append(bytes: Uint8Array, from: number, to: number): void {
    this.#isTooLong ||= this.#data.length + to - from > MAX_EVENT_BYTES;
    if (!this.#isTooLong) this.#data.append(bytes, from, to);
  }

  endAt(offset: number): void {
    this.#end = offset;
  }

  /** Hands the event on, if there is one, and begins anew. */
  take(sink: EventSink): void {
    const { start } = this;
    const data = this.#data.bytes;
    if (start !== undefined && data.length > 0) sink({ data, start, end: this.#end });
    this.#data.clear();
    this.#start = undefined;
    this.#isTooLong = false;
  }
}

class SseSplitter implements EventSplitter {
  readonly #event = new PendingEvent();
  /** Offset of the next byte pushed. */
  #offset = 0;
  /** Bytes of the line so far. */
  #lineBytes = 0;
  /** Whether the line, as far as it has come, is `data:`. */
  #isData = true;
  #wasCarriageReturn = false;

  get pendingStart(): number | undefined {
    if (this.#event.start !== undefined) return this.#event.start;
    return this.#isData && this.#lineBytes > 0 && !this.#event.hasBegun
      ? this.#offset - this.#lineBytes
      : undefined;
  }

  push(bytes: Uint8Array, sink: EventSink): void {
    for (let at = 0; at < bytes.length;) {
      const byte = bytes[at]!;
      const isSecondOfTwo = byte === LINE_FEED && this.#wasCarriageReturn;
      this.#wasCarriageReturn = byte === CARRIAGE_RETURN;
      if (byte === LINE_FEED || byte === CARRIAGE_RETURN) {
        this.#offset++;
        at++;
        if (!isSecondOfTwo) this.#endLine(sink);
      } else {
        at = this.#readLine(bytes, at);
      }
    }
  }

  end(sink: EventSink): void {
    this.#event.endAt(this.#offset);
    this.#event.take(sink);
  }

  /** Reads what is there of a line. @returns Where it stopped. */
  #readLine(bytes: Uint8Array, from: number): number {
    let at = from;
    while (at < bytes.length && this.#lineBytes < DATA.length) {
      const byte = bytes[at]!;
      if (byte === LINE_FEED || byte === CARRIAGE_RETURN) return at;
      this.#isData &&= byte === DATA[this.#lineBytes];
      this.#take(1);
      at++;
    }
    if (at === bytes.length) return at;
    if (this.#isData && this.#lineBytes === DATA.length) {
      this.#event.begin(this.#offset - this.#lineBytes);
      if (bytes[at] === SPACE) {
        this.#take(1);
        at++;
      }
    }
    const to = lineEnd(bytes, at);
    if (this.#isData) this.#event.append(bytes, at, to);
    this.#take(to - at);
    return to;
  }

  #take(count: number): void {
    this.#offset += count;
    this.#lineBytes += count;
  }

  #endLine(sink: EventSink): void {
    if (this.#lineBytes === 0) this.#event.take(sink);
    else if (this.#isData && this.#lineBytes >= DATA.length) {
      this.#event.begin(this.#offset - 1 - this.#lineBytes);
      this.#event.endAt(this.#offset - 1);
      // Lines of data are joined by line feeds; one at the end is white space to JSON.
      this.#event.append(Uint8Array.of(LINE_FEED), 0, 1);
    }
    this.#lineBytes = 0;
    this.#isData = true;
  }
}

/** Where the line ends that `from` is in, or the bytes. */
function lineEnd(bytes: Uint8Array, from: number): number {
  let at = from;
  while (at < bytes.length && bytes[at] !== LINE_FEED && bytes[at] !== CARRIAGE_RETURN) at++;
  return at;
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const OPENING_BRACE = 0x7b;
const CLOSING_BRACE = 0x7d;

class JsonSplitter implements EventSplitter {
  readonly #event = new PendingEvent();
  #offset = 0;
  #depth = 0;
  #isInString = false;
  #isEscaped = false;

  get pendingStart(): number | undefined {
    return this.#event.start;
  }

  push(bytes: Uint8Array, sink: EventSink): void {
    let from = 0;
    for (let at = 0; at < bytes.length; at++) {
      const wasOutside = this.#depth === 0;
      this.#step(bytes[at]!);
      if (wasOutside && this.#depth === 1) {
        from = at;
        this.#event.begin(this.#offset + at);
      } else if (!wasOutside && this.#depth === 0) {
        this.#event.append(bytes, from, at + 1);
        this.#event.endAt(this.#offset + at + 1);
        this.#event.take(sink);
      }
    }
    if (this.#depth > 0) this.#event.append(bytes, from, bytes.length);
    this.#offset += bytes.length;
  }

  end(): void {}

  #step(byte: number): void {
    if (this.#isInString) {
      if (this.#isEscaped) this.#isEscaped = false;
      else if (byte === BACKSLASH) this.#isEscaped = true;
      else if (byte === QUOTE) this.#isInString = false;
    } else if (byte === OPENING_BRACE) this.#depth++;
    else if (byte === CLOSING_BRACE && this.#depth > 0) this.#depth--;
    else if (byte === QUOTE && this.#depth > 0) this.#isInString = true;
  }
}

/** How Gemini's array begins, without white space. */
const GEMINI_ARRAY = '[{"candidates"';
/** Bytes, white space included, in which that stands. */
const MAX_OPENING_BYTES = 256;

/** Tells Gemini's answers from other JSON by their first bytes. */
class GeminiArraySplitter implements EventSplitter {
  readonly #splitter = new JsonSplitter();
  readonly #opening = new ByteSink();
  #verdict: "undecided" | "events" | "other" = "undecided";

  get pendingStart(): number | undefined {
    if (this.#verdict === "undecided") return this.#opening.length === 0 ? undefined : 0;
    return this.#splitter.pendingStart;
  }

  push(bytes: Uint8Array, sink: EventSink): void {
    if (this.#verdict === "other") return;
    if (this.#verdict === "events") return this.#splitter.push(bytes, sink);
    // What most JSON begins with.
    if (this.#opening.length === 0 && bytes[0] === OPENING_BRACE) {
      this.#verdict = "other";
      return;
    }
    const count = Math.min(bytes.length, MAX_OPENING_BYTES - this.#opening.length);
    this.#opening.append(bytes, 0, count);
    this.#verdict = this.#judge();
    if (this.#verdict !== "events") return;
    this.#splitter.push(this.#opening.bytes, sink);
    this.#splitter.push(bytes.subarray(count), sink);
  }

  end(): void {}

  #judge(): "undecided" | "events" | "other" {
    const bytes = this.#opening.bytes;
    const opening = latin1Text(bytes, 0, bytes.length).replace(/[ \t\r\n]+/g, "");
    if (opening.startsWith(GEMINI_ARRAY)) return "events";
    const mayBecomeEvents = GEMINI_ARRAY.startsWith(opening) && bytes.length < MAX_OPENING_BYTES;
    return mayBecomeEvents ? "undecided" : "other";
  }
}
