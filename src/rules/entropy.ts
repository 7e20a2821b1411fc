/** Measures how random a token looks. */

/**
 * Computes the Shannon entropy of a text's characters.
 *
 * @returns bits a character: 0 for `aaaa`, about 3.7 for 32 random hexadecimal digits, about 4.6
 * for 40 random base62 characters
 */
export function shannonEntropy(text: string): number {
  const counts = new Map<number, number>();
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    counts.set(code, (counts.get(code) ?? 0) + 1);
  }
  let bits = 0;
  for (const count of counts.values()) {
    const share = count / text.length;
    bits -= share * Math.log2(share);
  }
  return bits;
}
