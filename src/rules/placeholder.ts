/**
 * Tells a credential from what documentation writes in its place: `sk-ant-xxxx`, `your-key-here`,
 * `<API_KEY>`, `${TOKEN}`, `…EXAMPLE`, `1234567890abcdef`, `aaaaaaaa`.
 *
 * It judges spelling only, not meaning: a weak password is not a placeholder here.
 */
import { shannonEntropy } from "./entropy.ts";

/**
 * Words that stand in for a value. Each is long enough not to turn up by chance: four given
 * letters in 64 random base62 characters, case ignored, are a 1 in 15,000 matter.
 */
const STAND_IN_REGEXP =
  /x{4,}|\*{3,}|\.{3,}|your|example|placeholder|change_?me|dummy|redacted|insert|replace|sample|random|fake_?(?:key|token|secret)|[<{%]\w|\$\(|%s/i;

/** A run shorter than this is chance, not counting. */
const SHORTEST_RUN = 5;

/** Runs this short happen by chance, but hardly twice in a token. */
const SHORTEST_HAND_RUN = 3;

/** Says whether a secret is a stand-in, so that it is worth a note and no alarm. */
export function isPlaceholder(secret: string): boolean {
  return isStandIn(secret) || isCounted(secret);
}

/** Says whether a secret is spelt as a stand-in is, or of hardly more than two characters. */
export function isStandIn(secret: string): boolean {
  if (STAND_IN_REGEXP.test(secret)) return true;
  return secret.length >= 12 && shannonEntropy(secret) < 2;
}

/** Says whether most of a secret was typed by counting: `1234567890abcdef`. */
export function isCounted(secret: string): boolean {
  return countedShare(secret) > 0.7;
}

/** Says whether most of a secret stands in short runs, as hands write one: `abc123xyz456def`. */
export function isHandTyped(secret: string): boolean {
  return shareInRuns(secret, 1, SHORTEST_HAND_RUN) > 0.5;
}

/** The share of characters that stand in a run of neighbours: `12345`, `abcdef`, `a1b2c3d4`. */
function countedShare(text: string): number {
  return Math.max(shareInRuns(text, 1, SHORTEST_RUN), shareInRuns(text, 2, SHORTEST_RUN));
}

function shareInRuns(text: string, stride: number, shortest: number): number {
  let counted = 0;
  let run = stride;
  for (let at = stride; at <= text.length; at++) {
    if (at < text.length && follows(text.charCodeAt(at - stride), text.charCodeAt(at))) {
      run++;
      continue;
    }
    if (run >= shortest * stride) counted += run;
    run = stride;
  }
  return counted / text.length;
}

/** Whether `next` is one more than `previous`; 0 follows 9. */
function follows(previous: number, next: number): boolean {
  return next === previous + 1 || (previous === 0x39 && next === 0x30);
}
