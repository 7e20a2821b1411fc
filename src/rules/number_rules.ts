/**
 * Numbers of payment cards and bank accounts, told by a word before them and by their check digits. Off unless
 * asked for (`enable_rules`): agents that book and buy send them all day, and they are no credentials.
 */
import type { Rule } from "../scan/rule.ts";
import { ibanHolds, luhnHolds } from "./checksums.ts";

/** Numbers that payment providers give out for tests. */
const TEST_CARD_REGEXP = /^(?:4242){4}$|^4111(?:1{12})$|^5555555555554444$|^378282246310005$|^4000/;

/** Every rule about numbers of this kind. */
export const NUMBER_RULES: readonly Rule[] = [
  {
    id: "payment_card",
    pattern: "payment_card",
    type: "EXFIL",
    severity: "medium",
    directions: ["outbound"],
    anchors: ["card", "credit", "debit", "visa", "amex", "cc_num", "cc-num", "ccnum"],
    regexp:
      /(?:card|credit|debit|visa|amex|cc[_-]?num)[^]{0,40}?(?<![0-9.])(?<secret>(?:4[0-9]{3}|5[1-5][0-9]{2}|2[2-7][0-9]{2}|6(?:011|5[0-9]{2}))(?:[ -]?[0-9]{4}){3}|3[47][0-9]{2}[ -]?[0-9]{6}[ -]?[0-9]{5})(?![0-9.])/i,
    maxLength: 75,
    verify: ({ secret }) => {
      if (!luhnHolds(secret)) return "drop";
      return TEST_CARD_REGEXP.test(secret.replace(/\D/g, "")) ? "info" : "medium";
    },
    concealed: true,
    description: "The number of a payment card.",
    source: "ISO/IEC 7812-1, Annex B; PCI DSS 4.0 requirement 3.4",
    examples: ['{"card_number": "4539 1488 0343 6467"}', "credit card 371449635398431"],
    nonExamples: ['{"card_number": "4539 1488 0343 6468"}', "card 4242424242424242"],
  },
  {
    id: "iban",
    pattern: "iban",
    type: "EXFIL",
    severity: "medium",
    directions: ["outbound"],
    anchors: ["iban"],
    regexp:
      /iban[^]{0,30}?(?<![A-Z0-9])(?<secret>[A-Z]{2}[0-9]{2}(?: ?[A-Z0-9]{4}){2,7}(?: ?[A-Z0-9]{1,3})?)(?![A-Z0-9])/i,
    maxLength: 85,
    verify: ({ secret }) => ibanHolds(secret) ? "medium" : "drop",
    concealed: true,
    description: "The number of a bank account.",
    source: "ISO 13616-1; ISO/IEC 7064 MOD 97-10",
    examples: ["IBAN: DE89 3704 0044 0532 0130 00", '{"iban":"GB82WEST12345698765432"}'],
    nonExamples: ["IBAN: DE89 3704 0044 0532 0130 01"],
  },
];
