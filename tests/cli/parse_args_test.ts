/** What words mean, and the exact words about those that mean nothing. */
import assert from "node:assert/strict";
import fc from "fast-check";
import { type CommandOf, parseArgs, settingsOf } from "../../src/cli/parse_args.ts";

function parse(words: string) {
  return parseArgs(words.split(" ").filter((word) => word !== ""), "1.2.3");
}

Deno.test("`parseArgs()` reads each command with its defaults", () => {
  const config = undefined;
  const cases: readonly (readonly [string, Readonly<Record<string, unknown>>])[] = [
    ["start", { noMitm: false, host: undefined, port: undefined, mode: undefined }],
    ["stop", {}],
    ["status", { json: false }],
    ["threats", {
      limit: 50,
      follow: false,
      pattern: undefined,
      direction: undefined,
      severity: undefined,
      wouldBlock: false,
    }],
    ["reload", {}],
    ["doctor", { json: false, shellEnv: undefined }],
    ["ca", { show: "summary" }],
    ["env", { agent: "agent", format: "sh" }],
    ["scan -", { json: false, direction: undefined, lines: undefined, file: "-" }],
    ["rules", { json: false, schema: false, rule: undefined }],
  ];
  for (const [words, options] of cases) {
    const kind = words.split(" ")[0];
    const command = { config, kind, ...options };
    assert.deepEqual(parse(words), { kind: "command", command }, words);
  }
});

Deno.test("`parseArgs()` reads every option, in any order and with =", () => {
  const cases: readonly (readonly [string, Readonly<Record<string, unknown>>])[] = [
    ["start --no-mitm --host ::1 --port=0 --mode block --config a.jsonc", {
      config: "a.jsonc",
      kind: "start",
      noMitm: true,
      host: "::1",
      port: "0",
      mode: "block",
    }],
    [
      "threats --severity high --follow --direction inbound --would-block --pattern x --limit 0 --config=a",
      {
        config: "a",
        kind: "threats",
        limit: 0,
        follow: true,
        pattern: "x",
        direction: "inbound",
        severity: "high",
        wouldBlock: true,
      },
    ],
    ["ca --path", { config: undefined, kind: "ca", show: "path" }],
    ["ca --trust", { config: undefined, kind: "ca", show: "trust" }],
    ["env --shell fish", { config: undefined, kind: "env", agent: "agent", format: "fish" }],
    ["env --agent coder --shell sh", {
      config: undefined,
      kind: "env",
      agent: "coder",
      format: "sh",
    }],
    ["env --json", { config: undefined, kind: "env", agent: "agent", format: "json" }],
    ["env --docker", { config: undefined, kind: "env", agent: "agent", format: "docker" }],
    ["doctor --shell-env - --json", {
      config: undefined,
      kind: "doctor",
      json: true,
      shellEnv: "-",
    }],
    ["rules ai_api_key --json", {
      config: undefined,
      kind: "rules",
      json: true,
      schema: false,
      rule: "ai_api_key",
    }],
    ["scan --direction outbound --lines text f --json", {
      config: undefined,
      kind: "scan",
      json: true,
      direction: "outbound",
      lines: "text",
      file: "f",
    }],
    ["scan -- --help", {
      config: undefined,
      kind: "scan",
      json: false,
      direction: undefined,
      lines: undefined,
      file: "--help",
    }],
  ];
  for (const [words, command] of cases) {
    assert.deepEqual(parse(words), { kind: "command", command }, words);
  }
});

Deno.test("`parseArgs()` says in one sentence what is wrong", () => {
  const cases: readonly (readonly [string, string])[] = [
    ["", "No matching option, command, or argument found"],
    ["strat", "Unexpected option or subcommand: `strat`; Did you mean `start`?"],
    ["start --prot 1", "Unexpected option or subcommand: `--prot`"],
    ["start --port", "`--port` requires `PORT`"],
    ["start --port 1 --port 2", "`--port` cannot be used multiple times"],
    ["start --mode off", '`--mode`: Expected one of "monitor" and "block", but got "off"'],
    ["start now", "Unexpected option or subcommand: `now`"],
    ["threats --limit -1", '`--limit`: Expected a value greater than or equal to 0, but got "-1"'],
    ["threats --limit many", '`--limit`: Expected a valid integer, but got "many"'],
    ["ca --path --trust", '"--path" and "--trust" cannot be used together'],
    ["env --json --docker", '"--json" and "--docker" cannot be used together'],
    ["scan", "Expected a `FILE`, but too few arguments"],
    ["completion", "Missing shell name for completion"],
  ];
  for (const [words, reason] of cases) {
    assert.deepEqual(parse(words), { kind: "wrong", reason }, words);
  }
});

Deno.test("`parseArgs()` shows version, help and completion as text", () => {
  const cases: readonly (readonly [string, RegExp])[] = [
    ["--version", /^1\.2\.3\n$/],
    ["--help", /^ {2}threats +Print logged threats, newest first, as JSON lines$/m],
    ["help", /^Usage: clawsec start /m],
    ["start --help", /^ {2}--no-mitm +Tunnel HTTPS without decrypting it$/m],
    ["help start", /^Usage: clawsec start \[--config FILE\] \[--no-mitm\]/m],
    ["completion bash", /complete .*clawsec$/m],
    ["completion zsh", /^#compdef clawsec$/m],
    ["completion fish", /^complete -c clawsec/m],
    ["completion bash env --shell p", /^powershell\n$/],
  ];
  for (const [words, expected] of cases) {
    const parsed = parse(words);
    assert.ok(parsed.kind === "text", words);
    assert.match(parsed.text, expected, words);
  }
});

// Invariant: any words are a command, a text or a reason of one line; nothing is thrown.
Deno.test("`parseArgs()` survives any words", () => {
  const word = fc.oneof(
    fc.string(),
    fc.constantFrom("start", "threats", "env", "completion", "--config", "--limit", "--", "help"),
  );
  fc.assert(fc.property(fc.array(word, { maxLength: 6 }), (words) => {
    const parsed = parseArgs(words, "1.2.3");
    if (parsed.kind === "wrong") assert.ok(parsed.reason.length > 0);
  }));
});

Deno.test("`settingsOf()` names the settings among the options of start, with their flags", () => {
  const parsed = parse("start --no-mitm --host h --port p --mode block");
  assert.ok(parsed.kind === "command");
  assert.deepEqual(settingsOf(parsed.command as CommandOf<"start">), [
    { key: "proxy_host", flag: "--host", text: "h" },
    { key: "proxy_port", flag: "--port", text: "p" },
    { key: "mode", flag: "--mode", text: "block" },
    { key: "enable_mitm", flag: "--no-mitm", text: "false" },
  ]);
  const plain = parse("start");
  assert.ok(plain.kind === "command");
  assert.deepEqual(settingsOf(plain.command as CommandOf<"start">), []);
});
