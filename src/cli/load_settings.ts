/**
 * The configuration and what it points to (`rules_file`, `upstream_ca_file`) → what a monitor is started
 * with, or started anew with. All or nothing: any mistake in any of it is an error.
 */
import { type Config, ConfigError } from "../config.ts";
import type { UserRule } from "../rules/user_rule.ts";
import { type Rule, SEVERITIES } from "../scan/rule.ts";
import { loadConfig, type LoadConfigOptions } from "./load_config.ts";
import { readTextFile } from "./read_text_file.ts";

/** Labels of findings that no rule makes, and what they begin with. */
const OTHER_PATTERN_REGEXP =
  /^(?:known_secret|ssh_connect|ssh_in_tunnel|unknown_protocol|undecodable)/;

/** Settings that were checked. */
export interface Settings {
  readonly config: Config;
  /** Of `rules_file`; a worker is given these and makes rules of them. */
  readonly userRules: readonly UserRule[];
  /**
   * Every rule that is on, `userRules` among them. Loaded when first asked for: it takes long, and a
   * start asks only where a setting names a rule.
   */
  readonly rules: () => Promise<readonly Rule[]>;
}

/**
 * Loads and checks everything but `known_secrets`.
 *
 * @throws {ConfigError} at the first mistake
 */
export async function loadSettings(options: LoadConfigOptions = {}): Promise<Settings> {
  const config = await loadConfig(options);
  await checkRoots(config);
  const userRules = await loadUserRules(config);
  const { enableRules } = config;
  const rules = async () => {
    const { chooseRules } = await import("../rules/choose_rules.ts");
    return chooseRules({ enableRules, userRules });
  };
  try {
    if (enableRules.length > 0) await rules();
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw new ConfigError(`Cannot use enable_rules: ${error.message}`, { cause: error });
  }
  return { config, userRules, rules };
}

/**
 * Lists names in `actions`, `homes` and `suppress` that no rule has, each as a sentence: what is misspelt
 * does nothing, and one would not know.
 */
export async function unknownNames({ config, rules }: Settings): Promise<readonly string[]> {
  const named: readonly (readonly [setting: string, name: string | undefined])[] = [
    ...Object.keys(config.actions).map((name) => ["actions", name] as const),
    ...Object.keys(config.homes).map((name) => ["homes", name] as const),
    ...config.suppress.map(({ pattern }) => ["suppress", pattern] as const),
  ];
  if (named.length === 0) return [];
  const known = new Set<string>([
    ...SEVERITIES,
    ...(await rules()).flatMap(({ id, pattern }) => [id, pattern]),
  ]);
  return named
    .filter(([, name]) =>
      name !== undefined && !known.has(name) && !OTHER_PATTERN_REGEXP.test(name)
    )
    .map(([setting, name]) =>
      `${setting} names "${name}", which no rule is called: it does nothing`
    );
}

async function loadUserRules({ rulesFile }: Config): Promise<readonly UserRule[]> {
  if (rulesFile === undefined) return [];
  const text = await readTextFile(rulesFile, "rules file");
  const [{ ALL_RULES }, { OPTIONAL_RULES }, { readRulesFile }, { ruleFlaw }] = await Promise.all([
    import("../rules/all_rules.ts"),
    import("../rules/optional_rules.ts"),
    import("../rules/rules_file.ts"),
    import("../scan/rule_flaw.ts"),
  ]);
  const takenIds = new Set([...ALL_RULES, ...OPTIONAL_RULES].map(({ id }) => id));
  return readRulesFile({ path: rulesFile, text }, { takenIds, flawOf: ruleFlaw });
}

/** The monitor reads the file itself; here a mistake in it is found in time. */
async function checkRoots({ upstreamCaFile }: Config): Promise<void> {
  if (upstreamCaFile === undefined) return;
  const text = await readTextFile(upstreamCaFile, "upstream_ca_file");
  if (text.includes("-----BEGIN CERTIFICATE-----")) return;
  throw new ConfigError(
    `Cannot use upstream_ca_file "${upstreamCaFile}": it holds no PEM certificate, must hold some`,
  );
}
