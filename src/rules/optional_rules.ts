/**
 * Rules that are off unless `enable_rules` names them: numbers of cards and of bank accounts. They have
 * check digits and no other mark, so that one number in ten (cards) that merely looks so is taken for one.
 */
import type { Rule, RuleMatch, Verdict } from "../scan/rule.ts";
import { ibanHolds, luhnHolds } from "./checksums.ts";

/** Ids are unique over this list and `ALL_RULES`. */
export const OPTIONAL_RULES: readonly Rule[] = [
  {
    id: "payment_card",
    pattern: "payment_card",
    type: "EXFIL",
    severity: "medium",
    directions: ["outbound"],
    anchors: cardAnchors(),
    // Groups of 4-4-4-4, or 4-6-5 for American Express; within one number one separator.
    regexp: new RegExp(
      "(?<![0-9A-Za-z.,_-])(?:" +
        "(?:4[0-9]{3}|5[1-5][0-9]{2}|6011|64[4-9][0-9]|65[0-9]{2}|" +
        "222[1-9]|22[3-9][0-9]|2[3-6][0-9]{2}|27[01][0-9]|2720)" +
        "(?:[0-9]{12}|(?: [0-9]{4}){3}|(?:-[0-9]{4}){3})|" +
        "3[47][0-9]{2}(?:[0-9]{11}| [0-9]{6} [0-9]{5}|-[0-9]{6}-[0-9]{5})" +
        ")(?![0-9A-Za-z_-]|[.,][0-9])",
    ),
    maxLength: 19,
    verify: verifyCard,
    concealed: true,
    description: "The number of a payment card, by issuer, length and Luhn digit.",
    source: "ISO/IEC 7812-1; https://www.bincodes.com/bin-list/",
    examples: [
      "card 4012" + "888888881881 ok",
      "5105-1051-" + "0510-5100",
      "3782 " + "822463 10005",
      '{"card_number": "4539 ' + '1488 0343 6467"}',
    ],
    nonExamples: [
      "4012888888881882",
      "order 1234567890123456",
      "0.4012888888881881",
      "card 4242424242424242",
    ],
  },
  {
    id: "iban",
    pattern: "iban",
    type: "EXFIL",
    severity: "medium",
    directions: ["outbound"],
    anchors: ["iban"],
    regexp:
      /(?<![A-Za-z])[Ii][Bb][Aa][Nn][^A-Za-z0-9]{1,20}(?<secret>[A-Z]{2}[0-9]{2}(?:[A-Z0-9]{11,30}|(?: [A-Z0-9]{4}){2,7}(?: [A-Z0-9]{1,4})?))(?![A-Za-z0-9])/,
    maxLength: 70,
    verify: verifyIban,
    concealed: true,
    description: "An account number (IBAN) behind its name, by its check digits.",
    source: "ISO 13616-1; https://www.swift.com/standards/data-standards/iban",
    examples: ["IBAN: DE89" + " 3704 0044 0532 0130 00", '{"iban":"GB29' + 'NWBK60161331926819"}'],
    nonExamples: ["IBAN: DE89 3704 0044 0532 0130 01", "iban: see below"],
  },
];

/** What every number begins with: the first three digits of each issuer's range. */
function cardAnchors(): readonly string[] {
  const ranges: readonly (readonly [number, number])[] = [
    [222, 272],
    [340, 349],
    [370, 379],
    [400, 499],
    [510, 559],
    [601, 601],
    [644, 659],
  ];
  return ranges.flatMap(([first, last]) =>
    Array.from({ length: last - first + 1 }, (_, index) => String(first + index))
  );
}

/** Numbers of one or two digits, which pass for numbers in examples, are none. */
function verifyCard({ secret }: RuleMatch): Verdict {
  const digits = new Set(secret.replace(/\D/g, ""));
  return luhnHolds(secret) && digits.size > 2 ? "medium" : "drop";
}

function verifyIban({ secret }: RuleMatch): Verdict {
  return ibanHolds(secret) ? "medium" : "drop";
}
