/** Masks payload and takes the mask off again: the same operation (RFC 6455 §5.3). */

/** Bytes of a masking key. */
export const MASKING_KEY_BYTES = 4;

/** Which part of a payload is masked, and where the result goes. */
export interface MaskOptions {
  readonly maskingKey: Uint8Array;
  /** Where in its frame's payload the part begins. */
  readonly position: number;
  /** Room for `bytes` and up to three more; its memory begins with it. */
  readonly into: Uint8Array<ArrayBuffer>;
}

/** Copies `bytes` with its mask put on or taken off; returns the part of `into` that holds it. */
export function mask(bytes: Uint8Array, { maskingKey, position, into }: MaskOptions): Uint8Array {
  into.set(bytes);
  const key = new Uint8Array(MASKING_KEY_BYTES);
  for (let at = 0; at < key.length; at++) key[at] = maskingKey[(position + at) % key.length]!;
  // By words it is several times as quick; the order of bytes in a word does not matter to XOR.
  const [word = 0] = new Uint32Array(key.buffer);
  const words = new Uint32Array(into.buffer, 0, Math.ceil(bytes.length / 4));
  for (let at = 0; at < words.length; at++) words[at]! ^= word;
  return into.subarray(0, bytes.length);
}
