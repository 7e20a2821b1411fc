/**
 * A multipart body (RFC 2046 §5.1, RFC 7578) → findings that say in which part they stand.
 *
 * The body is scanned as one text: what is encoded in a part (`Content-Transfer-Encoding`) is told by its
 * form, as everywhere. Beside that, delimiters are looked for and each part's header is read for its
 * name: a finding's `part` is `multipart:<field>`, or `multipart:<number>` where a part has no name.
 */
import { NO_BYTES } from "./byte_sink.ts";
import type { StreamScanner } from "./decoded_view.ts";
import type { ViewScannerOptions } from "./encoded_views.ts";
import type { Finding } from "./finding.ts";
import { latin1Text } from "./latin1.ts";
import type { RuleSet } from "./rule_set.ts";
import { TextScanner } from "./text_scanner.ts";

/** RFC 2046 §5.1.1. */
const MAX_BOUNDARY_LENGTH = 70;
const BOUNDARY_REGEXP = /;\s*boundary=(?:"([^"]{1,200})"|([^\s;"]{1,200}))/i;
/** Bytes of a part's header in which its name is looked for. */
const MAX_HEADER_BYTES = 4_096;
const NAME_REGEXP = /^content-disposition:[^\r\n]{0,2000}?;\s*name=(?:"([^"\r\n]*)"|([^\s;"]+))/im;
const MAX_NAME_LENGTH = 64;
/** Parts remembered: a finding is reported soon after its part was seen. */
const MAX_PARTS = 256;

/** Finds the boundary in a `Content-Type`; undefined: there is none that RFC 2046 allows. */
export function multipartBoundary(contentType: string): string | undefined {
  const [, quoted, token] = BOUNDARY_REGEXP.exec(contentType) ?? [];
  const boundary = quoted ?? token;
  return boundary === undefined || boundary.length > MAX_BOUNDARY_LENGTH ? undefined : boundary;
}

interface Part {
  /** Offset of the delimiter before it. */
  readonly start: number;
  readonly name: string;
}

/** Scans one body. */
export class Multipart implements StreamScanner {
  readonly #text: TextScanner;
  readonly #delimiter: string;
  readonly #parts: Part[] = [];
  #partCount = 0;
  /** The end of the body so far: the start of a delimiter, perhaps, or a header under way. */
  #tail: string;
  /** Offset of the first byte of `#tail`. */
  #tailStart: number;
  /** Offset of the delimiter whose header is being read; undefined: none is. */
  #headerOf: number | undefined;

  constructor(
    ruleSet: RuleSet,
    { boundary, ...options }: ViewScannerOptions & { readonly boundary: string },
  ) {
    this.#text = new TextScanner(ruleSet, options);
    this.#delimiter = `\n--${boundary}`;
    // The first delimiter may stand at the very beginning, as if after a line break.
    this.#tail = "\n";
    this.#tailStart = -1;
  }

  get cleared(): number {
    return this.#text.cleared;
  }

  /** Bytes of views that were not looked at because the body decodes to too much. */
  get refusedBytes(): number {
    return this.#text.refusedBytes;
  }

  push(bytes: Uint8Array): Finding[] {
    this.#follow(bytes);
    return this.#place(this.#text.push(bytes));
  }

  end(lastBytes: Uint8Array = NO_BYTES): Finding[] {
    this.#follow(lastBytes);
    if (this.#headerOf !== undefined) this.#addPart(this.#headerOf, this.#tail);
    return this.#place(this.#text.end(lastBytes));
  }

  #place(found: Finding[]): Finding[] {
    return found.map((finding) => {
      const part = this.#parts.findLast(({ start }) => start <= finding.start);
      return part === undefined ? finding : { ...finding, part: `multipart:${part.name}` };
    });
  }

  /** Looks for delimiters and headers. */
  #follow(bytes: Uint8Array): void {
    this.#tail += latin1Text(bytes, 0, bytes.length);
    let at = 0;
    for (;;) {
      const next = this.#headerOf === undefined ? this.#findDelimiter(at) : this.#readHeader(at);
      if (next === undefined) break;
      at = next;
    }
    const keptFrom = this.#headerOf === undefined
      ? Math.max(at, this.#tail.length - this.#delimiter.length + 1)
      : at;
    this.#tail = this.#tail.slice(keptFrom);
    this.#tailStart += keptFrom;
  }

  /** @returns Where to go on; undefined: no delimiter is there yet. */
  #findDelimiter(from: number): number | undefined {
    const found = this.#tail.indexOf(this.#delimiter, from);
    if (found < 0) return undefined;
    this.#headerOf = this.#tailStart + found + 1;
    return found + this.#delimiter.length;
  }

  /** @returns Where to go on; undefined: the header isn't complete. */
  #readHeader(from: number): number | undefined {
    const end = /\r?\n\r?\n/.exec(this.#tail.slice(from, from + MAX_HEADER_BYTES));
    if (end === null && this.#tail.length - from < MAX_HEADER_BYTES) return undefined;
    const to = end === null ? from + MAX_HEADER_BYTES : from + end.index;
    this.#addPart(this.#headerOf!, this.#tail.slice(from, to));
    this.#headerOf = undefined;
    return to;
  }

  #addPart(start: number, header: string): void {
    const [, quoted, token] = NAME_REGEXP.exec(header) ?? [];
    const name = quoted ?? token;
    const shown = name === undefined || name === ""
      ? String(this.#partCount)
      : name.slice(0, MAX_NAME_LENGTH).replace(/[^\w.[\]-]/g, "?");
    this.#partCount++;
    this.#parts.push({ start, name: shown });
    if (this.#parts.length > MAX_PARTS) this.#parts.shift();
  }
}
