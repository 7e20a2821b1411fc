/** The tree matches a single character exactly as the regexp does, and measures what it must. */
import assert from "node:assert/strict";
import { extentOf, regexpTree } from "../../src/scan/regexp_tree.ts";

const LATIN1 = Array.from({ length: 256 }, (_, code) => String.fromCharCode(code));

Deno.test("`regexpTree()` reads every kind of single character as the engine does", () => {
  const table = [
    /a/,
    /a/i,
    /\./,
    /./,
    /./s,
    /\d/,
    /\D/,
    /\w/,
    /\W/i,
    /\s/,
    /\S/,
    /\t/,
    /\x41/i,
    /\u00e9/i,
    /\0/,
    /\cJ/,
    /\//,
    /[abc]/,
    /[^abc]/i,
    /[a-f0-9_-]/,
    /[\w.-]/,
    /[\d-x]/,
    /[\b]/,
    /[\x80-\xff]/,
    /[\u0080-\uffff]/,
    /[^\u0100-\uffff]/,
    /[\]\\^]/,
    new RegExp("[]"),
    /[^]/,
    /\xb5/i,
    /[\xe0-\xff]/i,
    /]/,
    /{/,
    /a{,2}|}/,
    /(?i:k)/,
    /(?-i:k)/i,
  ];
  for (const regexp of table) {
    const tree = regexpTree(regexp);
    const node = tree.kind === "choice" ? tree.options.at(-1)! : tree;
    assert.ok(node.kind === "byte", `${regexp}: ${node.kind}`);
    const whole = new RegExp(`^(?:${regexp.source})$`, regexp.flags);
    const expected = LATIN1.map((character) => whole.test(character) ? 1 : 0);
    assert.deepEqual([...node.set], expected, String(regexp));
  }
});

Deno.test("`extentOf()` measures lengths and what assertions look at", () => {
  const table: readonly [RegExp, readonly [number, number, number, number]][] = [
    [/abc/, [3, 3, 0, 0]],
    [/a?b{2,5}(?:cc|d)/, [3, 8, 0, 0]],
    [/a+/, [1, Infinity, 0, 0]],
    [/(?:a|)*?/, [0, Infinity, 0, 0]],
    [/(?:ab){3}/, [6, 6, 0, 0]],
    [/\ba\b/, [1, 1, 1, 1]],
    [/a\bb/, [2, 2, 0, 0]],
    [/(?<![\w@]{2})a(?!\d{3})/, [1, 1, 2, 3]],
    [/(?=[0-9]{3})\d/, [1, 1, 0, 2]],
    [/(?=ab\b)a/, [1, 1, 0, 2]],
    [/(?<name>x{4}?)y/, [5, 5, 0, 0]],
    [/^a$/m, [1, 1, 1, 1]],
    [/(?=.*x)a/, [1, 1, 0, Infinity]],
    [/(?:a*){0}/, [0, 0, 0, 0]],
    [/(ab)(?<n>c{3})\1\k<n>/, [5, 10, 0, 0]],
  ];
  for (const [regexp, [min, max, behind, ahead]] of table) {
    assert.deepEqual(extentOf(regexpTree(regexp)), { min, max, behind, ahead }, String(regexp));
  }
});

Deno.test("`regexpTree()` refuses what it cannot analyse", () => {
  for (const regexp of [/\1(a)/, /\k<n>(?<n>a)/, new RegExp("\\07")]) {
    assert.throws(() => regexpTree(regexp), SyntaxError, String(regexp));
  }
});
