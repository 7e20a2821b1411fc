/**
 * What a person may write as a rule: its schema, its JSON Schema, and the `UserRule` that it means.
 */
import { z } from "zod";
import type { UserRule } from "./user_rule.ts";

/** As long as the project's longest; what takes more is a program and no pattern. */
export const MAX_REGEXP_CHARS = 1_000;
/** Bytes of a match: also how far the scanner looks around an anchor. */
const MAX_MATCH_BYTES = 8_192;

const NAME_ERROR = "a name of small letters, digits and _, at most 64";
const ANCHOR_ERROR = "a text of 3 to 64 ASCII characters in lower case";
const REGEXP_ERROR = `a regular expression of at most ${MAX_REGEXP_CHARS} ASCII characters; ` +
  "write other characters as their UTF-8 bytes, such as \\xc3\\xa9";

const SEVERITY_NAMES = ["info", "low", "medium", "high", "critical"] as const;

/** One rule as it stands in a file. The error texts complete "…, must be". */
export const USER_RULE_SCHEMA = z.strictObject({
  id: name().describe("Unique; small letters, digits and _"),
  pattern: name().optional().describe("Label in the threat log; the id unless given"),
  type: oneOf("EXFIL", "INJECTION").describe("EXFIL: a secret; INJECTION: a command or a trick"),
  severity: oneOf(...SEVERITY_NAMES).describe("How bad it is"),
  directions: z.array(oneOf("outbound", "inbound"), { error: "a list of directions" })
    .min(1, { error: "a list of at least one direction" }).default(["outbound", "inbound"])
    .describe("outbound: from the agent to the internet"),
  anchors: z.array(text(ANCHOR_ERROR, /^[\x20-\x40\x5b-\x7e]{3,64}$/), { error: "a list of texts" })
    .min(1, { error: "a list of at least one text" })
    .describe("Every match contains one of these, in any case: what is searched for first"),
  regexp: text(REGEXP_ERROR, new RegExp(`^[\\x20-\\x7e]{1,${MAX_REGEXP_CHARS}}$`))
    .describe("JavaScript regular expression over bytes; a group named secret is what is hidden"),
  flags: text("any of i, m, s", /^(?!.*(.).*\1)[ims]*$/).default("")
    .describe("i: any case; m: ^ and $ at lines; s: . takes line ends"),
  max_length: z.int({ error: lengthError() }).min(1, { error: lengthError() })
    .max(MAX_MATCH_BYTES, { error: lengthError() }).describe("No match is longer, in bytes"),
  min_entropy: z.number({ error: "a number from 0 to 8" }).min(0, { error: "a number from 0 to 8" })
    .max(8, { error: "a number from 0 to 8" }).optional()
    .describe("Bits a character of the secret; less random ones are no findings"),
  homes: z.array(home(), { error: "a list of {host, headers}" }).optional()
    .describe("Where this credential belongs: sent there it is no leak"),
  description: text("a sentence of at most 200 characters", /^[^\n]{1,200}$/)
    .describe("One sentence for the reader of a threat"),
  source: text("a text of at most 500 characters", /^[^\n]{1,500}$/).default("rules_file")
    .describe("Where the form comes from"),
  examples: z.array(text("a text", /^[^]+$/), { error: "a list of texts" })
    .min(1, { error: "a list of at least one text" })
    .describe("Each is found, or the rules are refused"),
  non_examples: z.array(text("a text", /^[^]+$/), { error: "a list of texts" }).default([])
    .describe("None is found, or the rules are refused"),
}, { error: "an object with the fields of a rule: clawsec rules --schema prints them" });

/**
 * Reads a rule that the schema has accepted.
 *
 * @throws {SyntaxError} if `regexp` is none
 */
export function readUserRule(written: z.output<typeof USER_RULE_SCHEMA>): UserRule {
  const { id, pattern = id, type, severity, directions, anchors, homes } = written;
  return {
    id,
    pattern,
    type,
    severity,
    directions,
    anchors,
    regexp: new RegExp(written.regexp, written.flags),
    maxLength: written.max_length,
    minEntropy: written.min_entropy,
    ...(homes === undefined ? {} : { homes }),
    description: written.description,
    source: written.source,
    examples: written.examples,
    nonExamples: written.non_examples,
  };
}

/** Describes a rules file as a JSON Schema (draft 2020-12), for editors. */
export function rulesFileJsonSchema(): Readonly<Record<string, unknown>> {
  const schema = z.strictObject({
    $schema: z.string().optional(),
    rules: z.array(USER_RULE_SCHEMA),
  });
  return { ...z.toJSONSchema(schema, { io: "input" }) };
}

function name(): z.ZodString {
  return text(NAME_ERROR, /^[a-z][a-z0-9_]{0,63}$/);
}

function text(error: string, regexp: RegExp): z.ZodString {
  return z.string({ error }).regex(regexp, { error });
}

function oneOf<const T extends string>(...values: readonly T[]) {
  return z.enum(values, { error: `one of ${values.join(", ")}` });
}

function home() {
  const header = "a header's name in lower case, such as authorization";
  const host = "a host in lower case, or with a leading dot all hosts below it";
  return z.strictObject({
    host: text(host, /^\.?[a-z0-9_](?:[a-z0-9_.-]{0,251}[a-z0-9_])?$/),
    headers: z.array(text(header, /^[a-z0-9!#$%&'*+.^_`|~-]{1,100}$/), {
      error: "a list of headers",
    })
      .min(1, { error: "a list of at least one header" }),
  }, { error: "an object of host and headers" });
}

function lengthError(): string {
  return `an integer from 1 to ${MAX_MATCH_BYTES}`;
}
