/** A command in a prompt's prose is graded milder than in a tool's result or a call's arguments. */
import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { createMessageScanner } from "../../src/scan/message_scanner.ts";
import type { Direction, Severity } from "../../src/scan/rule.ts";
import { compileRules } from "../../src/scan/rule_set.ts";
import { everyPiece, scanAt } from "./scan_in_pieces.ts";
import { sampleRule } from "./sample_rules.ts";

const severities: readonly Severity[] = ["critical", "high", "medium", "low", "info"];
const RULES = compileRules([
  ...severities.map((severity) =>
    sampleRule({
      id: `run_${severity}`,
      type: "INJECTION",
      severity,
      anchors: [`run ${severity}`],
      regexp: new RegExp(`run ${severity}!`),
      maxLength: 20,
    })
  ),
  sampleRule({ id: "token", anchors: ["tok-"], regexp: /tok-[a-z]{8}/, maxLength: 12 }),
]);

const COMMAND = "first run critical! of them";

interface Place {
  readonly body: unknown;
  readonly severity: Severity;
  readonly direction?: Direction;
  readonly contentType?: string;
}

/** By reason, a body and how a critical command in it is graded. */
const PLACES: Readonly<Record<string, Place>> = {
  "a user's text": {
    body: { model: "m", messages: [{ role: "user", content: COMMAND }] },
    severity: "medium",
  },
  "a system prompt": { body: { model: "m", system: COMMAND, messages: [] }, severity: "medium" },
  "blocks of text": {
    body: { model: "m", messages: [{ role: "user", content: [{ type: "text", text: COMMAND }] }] },
    severity: "medium",
  },
  "Gemini's prompt": {
    body: { contents: [{ role: "user", parts: [{ text: COMMAND }] }] },
    severity: "medium",
  },
  "a tool's description": {
    body: {
      model: "m",
      messages: [{ role: "user", content: "x" }],
      tools: [{ type: "function", function: { name: "f", description: COMMAND } }],
    },
    severity: "medium",
  },
  "text after another message's tool result": {
    body: {
      model: "m",
      messages: [
        { role: "user", content: [{ type: "tool_result", content: "fine" }] },
        { role: "assistant", content: COMMAND },
      ],
    },
    severity: "medium",
  },
  "JSON about tools in a prompt": {
    body: {
      model: "m",
      messages: [{ role: "user", content: `{"type":"tool_result"} ${COMMAND}` }],
    },
    severity: "medium",
  },
  "Anthropic's tool result": {
    body: {
      model: "m",
      messages: [{
        role: "user",
        content: [{
          type: "tool_result",
          tool_use_id: "t",
          content: [{ type: "text", text: COMMAND }],
        }],
      }],
    },
    severity: "critical",
  },
  "Anthropic's tool use": {
    body: {
      model: "m",
      messages: [{
        role: "assistant",
        content: [{ type: "tool_use", name: "bash", input: { command: COMMAND } }],
      }],
    },
    severity: "critical",
  },
  "OpenAI's tool result": {
    body: { model: "m", messages: [{ role: "tool", tool_call_id: "t", content: COMMAND }] },
    severity: "critical",
  },
  "OpenAI's call": {
    body: {
      model: "m",
      messages: [{
        role: "assistant",
        content: null,
        tool_calls: [{ function: { name: "bash", arguments: JSON.stringify({ c: COMMAND }) } }],
      }],
    },
    severity: "critical",
  },
  "the output of a call of Responses": {
    body: { model: "m", input: [{ type: "function_call_output", output: COMMAND }] },
    severity: "critical",
  },
  "JSON that is no request to a model": {
    body: { comment: COMMAND, role: "admin" },
    severity: "critical",
  },
  "a page that is fetched": {
    body: { model: "m", messages: [{ role: "user", content: COMMAND }] },
    severity: "critical",
    direction: "inbound",
  },
  "a body of another type": {
    body: { model: "m", messages: [{ role: "user", content: COMMAND }] },
    severity: "critical",
    contentType: "text/plain",
  },
  "a prompt so long that its role is forgotten": {
    body: { model: "m", messages: [{ role: "user", content: "long ".repeat(40_000) + COMMAND }] },
    severity: "critical",
  },
  "a prompt at the end of a long conversation": {
    body: {
      model: "m",
      messages: [
        { role: "tool", content: "long ".repeat(60_000) },
        { role: "user", content: COMMAND },
      ],
    },
    severity: "medium",
  },
};

function severitiesIn(text: string, { direction, contentType }: Partial<Place>, size?: number) {
  const bytes = Buffer.from(text);
  const scanner = createMessageScanner(RULES, {
    direction: direction ?? "outbound",
    contentType: contentType ?? "application/json",
    maxScanBytes: 65_536,
  });
  return scanAt(scanner, bytes, everyPiece(bytes, size ?? bytes.length))
    .map(({ severity }) => severity);
}

for (const [reason, { body, severity, ...options }] of Object.entries(PLACES)) {
  Deno.test(`\`gradeInRequest()\` grades a command in ${reason}: ${severity}`, () => {
    const text = JSON.stringify(body);
    for (const size of text.length < 1_000 ? [undefined, 1, 50] : [undefined, 5_000]) {
      assert.deepEqual(severitiesIn(text, options, size), [severity], `pieces of ${size}`);
    }
  });
}

Deno.test("`gradeInRequest()` goes down two steps, drops nothing and leaves credentials alone", () => {
  const said = severities.map((severity) => `run ${severity}! `).join(" ") + "tok-" + "abcdefgh";
  const text = JSON.stringify({ model: "m", messages: [{ role: "user", content: said }] });
  assert.deepEqual(severitiesIn(text, {}), ["medium", "low", "low", "low", "info", "high"]);
});
