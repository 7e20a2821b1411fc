/** Messages with one encoded secret, scanned whole, a byte at a time and with trailing bytes. */
import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { ViewScanner } from "../../src/scan/encoded_views.ts";
import { compileRules } from "../../src/scan/rule_set.ts";
import { everyPiece, scanAt } from "./scan_in_pieces.ts";
import { sampleRule } from "./sample_rules.ts";

const RULES = compileRules([
  sampleRule({
    id: "token",
    anchors: ["tok/q"],
    regexp: /tok\/q[A-Za-z0-9]{10}&[A-Za-z0-9]{10}/,
    maxLength: 26,
  }),
]);

/** What stands, encoded, in the messages. */
export const SECRET = "tok/q" + "Zq7vNf3TkX" + "&" + "9bLw2RcJ5y";

/** A message, and what is found in it. */
export interface ViewCase {
  readonly reason: string;
  /** One character a byte. */
  readonly message: string;
  /** Of the one finding; undefined: there is none. */
  readonly encoding?: string;
  /** The bytes that the finding's offsets cover; undefined: not looked at. */
  readonly covered?: string;
}

/** Defines a test for each case. */
export function testViews(name: string, cases: readonly ViewCase[]): void {
  for (const { reason, message, encoding, covered } of cases) {
    Deno.test(`\`${name}\` ${encoding === undefined ? "leaves alone" : "decodes"} ${reason}`, () => {
      for (const text of [message, `${message} (and so on, and so on.) `]) {
        const bytes = Buffer.from(text, "latin1");
        for (const size of [bytes.length, 1, 2, 3, 7]) {
          const scanner = new ViewScanner(RULES, { direction: "inbound" });
          const found = scanAt(scanner, bytes, everyPiece(bytes, size));
          assert.deepEqual(
            found.map((one) => [one.secret, one.encoding]),
            encoding === undefined ? [] : [[SECRET, encoding]],
            `pieces of ${size}`,
          );
          const [finding] = found;
          if (finding === undefined || covered === undefined) continue;
          assert.equal(text.slice(finding.start, finding.end), covered, `pieces of ${size}`);
        }
      }
    });
  }
}

/** Encodes each character by a function, and joins what comes out. */
export function eachCharacter(text: string, encode: (code: number) => string): string {
  return Array.from(text, (character) => encode(character.charCodeAt(0))).join("");
}

/** Hexadecimal digits of a byte. */
export function hexByte(code: number): string {
  return code.toString(16).padStart(2, "0");
}
