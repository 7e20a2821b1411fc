/** Words as the shells themselves read them. */
import assert from "node:assert/strict";
import fc from "fast-check";
import { quoteWord, type Shell } from "../../src/cli/quote_word.ts";
import { hasProgram } from "../support/has_program.ts";

const SAMPLES = ["", "plain", "two words", "it's", "$HOME `id` \\", "a\nb", '"', "*", "!", "ü 🔑"];

Deno.test("`quoteWord()` quotes for each shell", () => {
  const cases: readonly (readonly [Shell, string, string])[] = [
    ["sh", "it's $HOME", `'it'\\''s $HOME'`],
    ["fish", "it's \\n", `'it\\'s \\\\n'`],
    ["powershell", "it's $x `n", "'it''s $x `n'"],
    ["powershell", "it\u2019s", "'it\u2019\u2019s'"],
  ];
  for (const [shell, text, expected] of cases) assert.equal(quoteWord(text, shell), expected);
});

Deno.test("`quoteWord()` refuses NUL", () => {
  assert.throws(() => quoteWord("\0", "sh"), RangeError);
});

for (const program of ["sh", "bash", "dash", "zsh", "fish", "pwsh"]) {
  Deno.test({
    name: `\`quoteWord()\` is read back by ${program}`,
    ignore: !hasProgram(program),
    async fn() {
      const shell = program === "fish" ? "fish" : program === "pwsh" ? "powershell" : "sh";
      const words = [...SAMPLES, ...fc.sample(fc.string({ unit: "grapheme" }), 50)]
        .filter((word) => !word.includes("\0"));
      const quoted = words.map((word) => quoteWord(word, shell));
      // A word at a time in brackets, so that no line feed is lost.
      const script = shell === "powershell"
        ? quoted.map((word) => `[Console]::Out.Write("[" + ${word} + "]")`).join(";")
        : `printf '[%s]' ${quoted.join(" ")}`;
      const flag = shell === "powershell" ? "-Command" : "-c";
      const { stdout, success } = await new Deno.Command(program, { args: [flag, script] })
        .output();
      assert.ok(success);
      assert.equal(new TextDecoder().decode(stdout), words.map((word) => `[${word}]`).join(""));
    },
  });
}
