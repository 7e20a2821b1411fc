/**
 * The setting `known_secrets` → fingerprints of the values it names. Reads the variables and files; the values
 * are forgotten when this is done. Nothing is read that was not named.
 */
import { ConfigError, environmentName, type KnownSecretsConfig } from "../config.ts";
import {
  compileKnownSecrets,
  type KnownSecretEntry,
  type KnownSecretSet,
  MAX_KNOWN_SECRETS,
  MIN_VALUE_BYTES,
} from "../scan/known_secrets.ts";
import type { Home, Rule } from "../scan/rule.ts";
import { keyedDigest } from "../threats/keyed_digest.ts";
import { readTextFile } from "./read_text_file.ts";
import { type FoundSecret, secretsInFile } from "./secret_file.ts";

/** As strong as HMAC-SHA-256 needs (RFC 2104 §3). */
const KEY_BYTES = 32;

/** What a worker is given, and the key that its digest needs. */
export interface KnownSecrets {
  readonly set: KnownSecretSet;
  readonly digestKey: Uint8Array;
}

/** How to collect. */
export interface KnownSecretsOptions {
  /** Whose homes a value has that one of them recognises. */
  readonly rules: readonly Rule[];
  /** Told of what is named and cannot be looked for. */
  readonly onWarning: (text: string) => void;
}

/**
 * Collects what is named. Undefined: nothing is.
 *
 * @throws {ConfigError} if a variable is not set or a file cannot be read: that something is guarded must
 * not be believed in vain
 */
export async function collectKnownSecrets(
  { env, files }: KnownSecretsConfig,
  { rules, onWarning }: KnownSecretsOptions,
): Promise<KnownSecrets | undefined> {
  const found: FoundSecret[] = env.map((name) => ({ name, value: readVariable(name) }));
  for (const path of files) {
    const secrets = secretsInFile({ path, text: await readTextFile(path, "known_secrets file") });
    if (secrets.length === 0) onWarning(`No secret was found in "${path}" of known_secrets`);
    found.push(...secrets);
  }
  const usable = found.filter(({ name, value }) => {
    const isLong = new TextEncoder().encode(value).length >= MIN_VALUE_BYTES;
    if (!isLong) {
      onWarning(
        `Known secret "${name}" is not looked for: it is shorter than ${MIN_VALUE_BYTES} bytes`,
      );
    }
    return isLong;
  });
  if (usable.length > MAX_KNOWN_SECRETS) {
    throw new ConfigError(
      `Cannot use known_secrets: they are ${usable.length} values, must be at most ` +
        MAX_KNOWN_SECRETS,
    );
  }
  if (usable.length === 0) return undefined;
  const digestKey = crypto.getRandomValues(new Uint8Array(KEY_BYTES));
  const [low, high] = crypto.getRandomValues(new Uint32Array(2)) as unknown as [number, number];
  const set = compileKnownSecrets(usable.map((secret) => withHomes(secret, rules)), {
    hashKeys: [low, high],
    digest: keyedDigest(digestKey),
  });
  return { set, digestKey };
}

function readVariable(name: string): string {
  const ours = environmentName(`secret_${name}`);
  const value = Deno.env.get(ours) || readForeignVariable(name, ours);
  if (value === "") {
    throw new ConfigError(
      `Cannot use known_secrets: neither variable ${ours} nor ${name} is set, set one of them`,
    );
  }
  return value;
}

function readForeignVariable(name: string, ours: string): string {
  try {
    return Deno.env.get(name) ?? "";
  } catch (error) {
    if (!(error instanceof Deno.errors.NotCapable)) throw error;
    throw new ConfigError(
      `Cannot use known_secrets: this program has no right to read variable ${name}, ` +
        `give it as ${ours} or add --allow-env=${name}`,
      { cause: error },
    );
  }
}

/** A token of a form that we know belongs where that form does. */
function withHomes(
  { name, value, homes = [] }: FoundSecret,
  rules: readonly Rule[],
): KnownSecretEntry {
  const text = `${name}=${value}`;
  const known = rules.filter((rule) => rule.homes !== undefined && isWhole(rule, { text, value }));
  const all: readonly Home[] = [...homes, ...known.flatMap((rule) => rule.homes ?? [])];
  return all.length === 0 ? { name, value } : { name, value, homes: all };
}

function isWhole(
  { regexp }: Rule,
  { text, value }: { readonly text: string; readonly value: string },
): boolean {
  const match = regexp.exec(text);
  return match !== null && (match.groups?.secret ?? match[0]) === value;
}
