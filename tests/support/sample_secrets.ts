/**
 * Credentials that no issuer ever made, in the form their issuers give them. Written in pieces, so that
 * nobody's scanner takes this file for a leak. Random by look, the same in each run.
 */

const LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

/** Makes `length` characters of base 62 that look random and depend on `seed` alone. */
export function lookingRandom(length: number, seed: number): string {
  let state = seed * 2_654_435_761 >>> 0 || 1;
  let text = "";
  while (text.length < length) {
    // Marsaglia's xorshift32: its high bits pass for chance in so short a text.
    state ^= state << 13;
    state ^= state >>> 17;
    state = (state ^ state << 5) >>> 0;
    text += LETTERS[(state >>> 8) % LETTERS.length];
  }
  return text;
}

/** Makes an Anthropic API key; another for each seed. */
export function anthropicKey(seed = 1): string {
  return ["sk", "ant", "api03", lookingRandom(93, seed)].join("-") + "AA";
}

/** Makes a key of the forms the original monitor named: `sk-live-…`, `sk-gpt-…`, `sk-proj-…`. */
export function openAiKey(kind: "live" | "gpt" | "proj" | "svcacct", seed = 2): string {
  return ["sk", kind, lookingRandom(48, seed)].join("-");
}

/** Makes an AWS access key id. */
export function awsAccessKey(): string {
  return "AK" + "IA" + lookingRandom(40, 3).toUpperCase().replaceAll(/[^A-Z2-7]/g, "").slice(0, 16)
    .padEnd(16, "Q7");
}

/** Makes the text of a private key's PEM file; the body is no key. */
export function privateKeyPem(kind = "OPENSSH"): string {
  const lines = [4, 5, 6].map((seed) => lookingRandom(70, seed));
  const name = `${kind} PRIVATE` + " KEY";
  return [`-----BEGIN ${name}-----`, ...lines, `-----END ${name}-----`, ""].join("\n");
}

/** Makes a public key as it stands in `authorized_keys`. */
export function sshPublicKey(): string {
  return "ssh-" + "ed25519 AAAAC3NzaC1lZDI1NTE5AAAA" + `I${lookingRandom(42, 7)} agent@example`;
}
