/**
 * Turns what the machine says into a `Config`: the only reader of the configuration file and of
 * the environment. What the values mean is `config.ts`'s business.
 *
 * Only variables whose name begins with `CLAWSEC_` are read, each by its name: the program has no
 * right to the others, nor to their list, so that a misspelt `CLAWSEC_` name goes unnoticed.
 */
import {
  type Config,
  ENVIRONMENT_NAMES,
  environmentName,
  type FlagSetting,
  resolveConfig,
} from "../config.ts";
import { readTextFile } from "./read_text_file.ts";

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
  const file = path === undefined
    ? undefined
    : { path, text: await readTextFile(path, "config file") };
  return resolveConfig({ flags: options.flags ?? [], env, ...(file && { file }) });
}
