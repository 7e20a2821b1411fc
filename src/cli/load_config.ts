/**
 * Turns what the machine says into a `Config`: the only reader of the configuration file and of
 * the environment. What the values mean is `config.ts`'s business.
 *
 * Only variables whose name begins with `CLAWSEC_` are read, each by its name: the program has no
 * right to the others, nor to their list, so that a misspelt `CLAWSEC_` name goes unnoticed.
 */
import {
  type Config,
  ConfigError,
  ENVIRONMENT_NAMES,
  environmentName,
  type FlagSetting,
  resolveConfig,
} from "../config.ts";

/** A configuration is a page of text; more is the wrong file. */
const MAX_CONFIG_BYTES = 1_048_576;

/** What the command line says of the configuration. */
export interface LoadConfigOptions {
  /** Of `--config`; else `CLAWSEC_CONFIG` names the file; else there is none. */
  readonly path?: string | undefined;
  readonly flags?: readonly FlagSetting[];
}

/**
 * Loads and checks the configuration.
 *
 * @throws {ConfigError} if the file cannot be read, or any source holds a mistake.
 */
export async function loadConfig(options: LoadConfigOptions = {}): Promise<Config> {
  const env = Object.fromEntries(ENVIRONMENT_NAMES.map((name) => [name, Deno.env.get(name)]));
  const path = options.path ?? (Deno.env.get(environmentName("config")) || undefined);
  const file = path === undefined ? undefined : { path, text: await readConfigText(path) };
  return resolveConfig({ flags: options.flags ?? [], env, ...(file && { file }) });
}

async function readConfigText(path: string): Promise<string> {
  const cannot = (state: string, cause?: unknown) =>
    new ConfigError(`Cannot read config file "${path}": ${state}`, { cause });
  let bytes: Uint8Array;
  try {
    using file = await Deno.open(path);
    const { size, isDirectory } = await file.stat();
    if (isDirectory) throw cannot("it is a directory, must be a file");
    if (size > MAX_CONFIG_BYTES) {
      throw cannot(`it has ${size} bytes, must have at most ${MAX_CONFIG_BYTES}`);
    }
    bytes = new Uint8Array(await new Response(file.readable).arrayBuffer());
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) throw cannot("no such file", error);
    if (error instanceof Deno.errors.PermissionDenied) {
      throw cannot("not allowed to read it", error);
    }
    if (error instanceof Deno.errors.IsADirectory) {
      throw cannot("it is a directory, must be a file", error);
    }
    throw error;
  }
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (error) {
    throw cannot("it is not UTF-8 text", error);
  }
}
