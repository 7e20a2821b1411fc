import { deepEqual, equal } from "node:assert/strict";
import * as grammar from "../../src/http1/grammar.ts";

const characters = Array.from({ length: 256 }, (_, byte) => String.fromCharCode(byte));

function allowed(table: Uint8Array): string {
  return characters.filter((_, byte) => table[byte] === 1).join("");
}

Deno.test("TOKEN_BYTES are the tchar of RFC 9110 §5.6.2", () => {
  const symbols = "!#$%&'*+-.^_`|~";
  const alphanumeric = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
  deepEqual(new Set(allowed(grammar.TOKEN_BYTES)), new Set(symbols + alphanumeric));
});

Deno.test("FIELD_VALUE_BYTES leave out every control character but the tab", () => {
  const refused = characters.filter((_, byte) => grammar.FIELD_VALUE_BYTES[byte] === 0);
  const controls = characters.filter((_, byte) => byte < 0x20 && byte !== 0x09 || byte === 0x7f);
  deepEqual(refused, controls);
});

Deno.test("TARGET_BYTES leave out white space and control characters", () => {
  const refused = characters.filter((_, byte) => grammar.TARGET_BYTES[byte] === 0);
  deepEqual(refused, characters.filter((_, byte) => byte <= 0x20 || byte === 0x7f));
});

// A parser judges by the table, a serializer by the expression: they must not differ.
for (
  const [name, table, regexp] of [
    ["TOKEN", grammar.TOKEN_BYTES, grammar.TOKEN_REGEXP],
    ["FIELD_VALUE", grammar.FIELD_VALUE_BYTES, grammar.FIELD_VALUE_REGEXP],
    ["TARGET", grammar.TARGET_BYTES, grammar.TARGET_REGEXP],
  ] as const
) {
  Deno.test(`${name}: table and expression agree on every byte`, () => {
    for (const [byte, character] of characters.entries()) {
      equal(regexp.test(character), table[byte] === 1, `byte ${byte}`);
      equal(regexp.test(`a${character}a`), table[byte] === 1, `byte ${byte} inside`);
    }
    equal(regexp.test("a\n"), false, "a line break at the end is not overlooked");
  });
}

Deno.test("HEX_DIGIT_VALUES agree with parseInt on every byte", () => {
  for (const [byte, character] of characters.entries()) {
    const expected = /^[0-9a-fA-F]$/.test(character) ? parseInt(character, 16) : 0xff;
    equal(grammar.HEX_DIGIT_VALUES[byte], expected);
  }
});

Deno.test("IPV4_REGEXP accepts each octet from 0 to 255 in each place, and no other", () => {
  for (let octet = 0; octet <= 999; octet++) {
    for (const text of [`${octet}.0.0.1`, `1.${octet}.0.1`, `1.2.${octet}.3`, `1.2.3.${octet}`]) {
      equal(grammar.IPV4_REGEXP.test(text), octet <= 255, text);
    }
  }
  for (const text of ["1.2.3", "1.2.3.4.5", "01.2.3.4", "1.2.3.04", "1..3.4", "1.2.3.4.", ""]) {
    equal(grammar.IPV4_REGEXP.test(text), false, text);
  }
});
