/** Decodes all of a text by one kind of escape; the slow path of EscapeView. */
import { Buffer } from "node:buffer";
import { ByteSink } from "../../src/scan/byte_sink.ts";
import { ESCAPE_CUT_SHORT, type EscapeKind } from "../../src/scan/escape_view.ts";

/** Returns the text without escapes, and ` …` where it ends within one. */
export function decodeEscapes(kind: EscapeKind, text: string): string {
  const bytes = Buffer.from(text);
  const sink = new ByteSink();
  for (let at = 0; at < bytes.length;) {
    const isLead = bytes[at] === kind.lead;
    const read = isLead ? kind.decode(bytes, at, bytes.length, sink) : 0;
    if (read === ESCAPE_CUT_SHORT) return `${Buffer.from(sink.bytes)} …`;
    if (read === 0) sink.put(bytes[at]!);
    at += Math.max(1, read);
  }
  return Buffer.from(sink.bytes).toString();
}
