/**
 * DER bytes ⇄ PEM text (RFC 7468).
 *
 * Reading takes a file as people keep it: text outside the block is ignored, line lengths and line
 * ends are free. Stricter than the RFC: exactly one block, and of the label asked for, so that a
 * bundle or the wrong file is noticed and not half used.
 *
 * Invariant: pure. `decodePem(encodePem(label, bytes), label)` equals `bytes`.
 */

import type { Der } from "./der.ts";

/** The kinds of block this program writes. */
export type PemLabel = "CERTIFICATE" | "PRIVATE KEY";

/** RFC 7468 §2: generators wrap at exactly 64 characters. */
const LINE_REGEXP = /.{1,64}/g;

const BLOCK_REGEXP = /-----BEGIN ([A-Z0-9 ]+)-----([^-]*)-----END \1-----/g;

/** Encodes `bytes` as one block that ends in a line feed. */
export function encodePem(label: PemLabel, bytes: Uint8Array): string {
  const lines = bytes.toBase64().match(LINE_REGEXP) ?? [];
  return [`-----BEGIN ${label}-----`, ...lines, `-----END ${label}-----`, ""].join("\n");
}

/**
 * Reads the one block in `text`.
 *
 * @throws {SyntaxError} when there is no block, more than one, one of another label, or its base64
 * is not canonical. The message never quotes the text: it may be a key.
 */
export function decodePem(text: string, label: PemLabel): Der {
  const blocks = [...text.matchAll(BLOCK_REGEXP)];
  const [block] = blocks;
  if (block === undefined || blocks.length > 1) {
    throw new SyntaxError(
      `Cannot read PEM "${label}": ${blocks.length} complete blocks found, exactly one is needed`,
    );
  }
  if (block[1] !== label) {
    throw new SyntaxError(`Cannot read PEM "${label}": the block is a "${block[1]}"`);
  }
  try {
    return Uint8Array.fromBase64(block[2]!, { lastChunkHandling: "strict" });
  } catch (error) {
    // The engine's own error could quote the text, so it is not kept as the cause.
    if (!(error instanceof SyntaxError)) throw error;
    throw new SyntaxError(`Cannot read PEM "${label}": its base64 is damaged`);
  }
}
