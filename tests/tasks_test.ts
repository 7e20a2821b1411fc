/** The tasks of `deno.json`: the compiled program has the rights of the task, and each command has its task. */
import assert from "node:assert/strict";
import project from "../deno.json" with { type: "json" };

/** Flags that say what a program may do and how its engine runs, in order of the alphabet. */
function rightsOf(command: string): readonly string[] {
  return command.split(" ")
    .filter((word) => /^--(?:allow|deny|unstable|v8-flags|no-prompt)/.test(word))
    .sort();
}

Deno.test("the task `compile` gives exactly the rights of the task `start`", () => {
  const { start, compile } = project.tasks;
  assert.deepEqual(rightsOf(compile.command), rightsOf(start.command));
  assert.ok(rightsOf(start.command).includes("--allow-env=CLAWSEC_*"));
});

Deno.test("each task of a command ends with that command and never asks for rights", () => {
  const commands = [
    "start",
    "stop",
    "reload",
    "status",
    "health",
    "doctor",
    "threats",
    "ca",
    "env",
    "scan",
    "rules",
  ] as const;
  for (const name of commands) {
    const { command } = project.tasks[name];
    assert.ok(command.endsWith(` src/main.ts ${name}`), name);
    assert.ok(rightsOf(command).includes("--no-prompt"), name);
  }
});
