/** The instructions name the certificate as one shell word. */
import assert from "node:assert/strict";
import { trustInstructions } from "../../src/cli/trust_instructions.ts";

Deno.test("`trustInstructions()` quotes the path in every command that has it", () => {
  const text = trustInstructions("/tmp/it's here/ca.crt", "clawsec env");
  const commands = text.split("\n").filter((line) => line.includes("it"))
    .filter((line) => line.startsWith("  ") && line.includes("ca.crt"));
  assert.ok(commands.length >= 10);
  for (const line of commands) assert.ok(line.includes("'/tmp/it'\\''s here/ca.crt'"), line);
  assert.ok(text.includes('  eval "$(clawsec env)"\n'));
});

Deno.test("`trustInstructions()` covers systems and runtimes", () => {
  const text = trustInstructions("/ca.crt", "clawsec env");
  const places = ["Debian", "Fedora", "macOS", "Windows", "Java", "curl", "git", "npm", "Node"];
  for (const place of [...places, "Deno", "Python", "Go"]) assert.ok(text.includes(place), place);
});
