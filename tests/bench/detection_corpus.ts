/**
 * Labelled texts that detection is measured on: JSONL files of a corpus beside the project, or the rules' own
 * examples where there is none. The corpus' texts are other projects' tests and are never copied here.
 */
import { ALL_RULES } from "../../src/rules/all_rules.ts";
import type { Rule } from "../../src/scan/rule.ts";

/** Where the corpus is looked for, seen from this file. */
const CORPUS_URL = new URL("../../../shared/corpus/", import.meta.url);

/** One labelled text. */
export interface LabelledText {
  readonly id: string;
  /** What it is counted under: `secrets, prefixed`. A text may count under several. */
  readonly groups: readonly string[];
  /** Whether something is to be found in it. */
  readonly kind: "positive" | "negative";
  readonly text: string;
  /** Half of the providers, by hash of the name: how far two halves differ says what a figure is worth. */
  readonly half?: "a" | "b";
}

interface CorpusRow {
  readonly id: string;
  readonly category: string;
  readonly rule_hint: string;
  readonly text: string;
  readonly provider?: string;
  readonly token_class?: string;
  readonly neg_class?: string;
}

const AI_PROVIDERS: ReadonlySet<string> = new Set(
  ("ai21 anthropic anyscale assemblyai baseten cerebras clarifai cohere deepgram deepinfra deepseek elevenlabs " +
    "fireworks fireworksai gemini groq helicone huggingface jina langfuse langsmith mistral mistralai modal " +
    "moonshot nvapi nvidia openai openrouter perplexity pinecone replicate stabilityai together togetherai " +
    "voyageai wandb weightsandbiases xai")
    .split(" "),
);

/** Files, and whether something is to be found in their texts. */
const FILES: readonly (readonly [name: string, kind: LabelledText["kind"]])[] = [
  ["secrets_positive", "positive"],
  ["keys_positive", "positive"],
  ["shell_positive", "positive"],
  ["sensitive_positive", "positive"],
  ["unicode_positive", "positive"],
  ["prompt_injection_positive", "positive"],
  ["secrets_negative", "negative"],
  ["keys_negative", "negative"],
  ["shell_negative", "negative"],
  ["sensitive_negative", "negative"],
  ["unicode_negative", "negative"],
  ["prompt_injection_negative", "negative"],
  ["benign_traffic", "negative"],
];

/** What was read, and from where. */
export interface Corpus {
  readonly origin: string;
  readonly texts: readonly LabelledText[];
}

/** Reads the corpus, or makes one of the rules' examples. */
export function readCorpus(): Corpus {
  const texts: LabelledText[] = [];
  for (const [name, kind] of FILES) {
    let lines: string;
    try {
      lines = Deno.readTextFileSync(new URL(`${name}.jsonl`, CORPUS_URL));
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
      return { origin: "the rules' own examples", texts: ALL_RULES.flatMap(textsOfRule) };
    }
    for (const line of lines.split("\n")) {
      if (line !== "") texts.push(labelled(JSON.parse(line) as CorpusRow, { name, kind }));
    }
  }
  return { origin: "the corpus", texts };
}

function labelled(
  row: CorpusRow,
  { name, kind }: { readonly name: string; readonly kind: LabelledText["kind"] },
): LabelledText {
  return {
    id: row.id,
    groups: groupsOf(row, name),
    kind,
    text: row.text,
    ...(row.provider === undefined ? {} : { half: halfOf(row.provider) }),
  };
}

function groupsOf(row: CorpusRow, name: string): readonly string[] {
  const { category, provider = "", token_class, neg_class, rule_hint } = row;
  switch (name) {
    case "secrets_positive":
      return [
        "secrets, all",
        `secrets, ${token_class}`,
        ...(AI_PROVIDERS.has(provider) ? ["secrets, AI providers"] : []),
      ];
    case "secrets_negative":
      return [`secrets, not: ${neg_class}`];
    case "benign_traffic":
      return ["benign bodies, all", `benign bodies, ${rule_hint}`];
    default:
      return [name.endsWith("_negative") ? `${category}, not: ${neg_class ?? "any"}` : category];
  }
}

function halfOf(provider: string): "a" | "b" {
  let sum = 0;
  for (let at = 0; at < provider.length; at++) sum = (sum * 31 + provider.charCodeAt(at)) >>> 0;
  return sum % 2 === 0 ? "a" : "b";
}

function textsOfRule(rule: Rule): readonly LabelledText[] {
  const labelledAs =
    (kind: LabelledText["kind"]) => (text: string, index: number): LabelledText => ({
      id: `${rule.id} ${kind} ${index}`,
      groups: [`${rule.type}, examples`],
      kind,
      text,
    });
  return [
    ...rule.examples.map(labelledAs("positive")),
    ...rule.nonExamples.map(labelledAs("negative")),
  ];
}
