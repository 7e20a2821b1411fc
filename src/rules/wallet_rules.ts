/**
 * Keys of crypto wallets: phrases of BIP-39, extended keys of BIP-32, WIF and raw private keys. All but the
 * extended keys have no mark of their own, so that a word such as `mnemonic` must stand before them.
 *
 * Invariant: a right checksum makes a hit `critical`; a wrong one never drops what has the right form.
 */
import type { Rule, RuleMatch, Verdict } from "../scan/rule.ts";
import { BIP39_PLACES } from "./bip39_words.ts";
import { BOTH_DIRECTIONS } from "./exact_rule.ts";
import { gradeSecret } from "./grade_secret.ts";
import { sha256 } from "./sha256.ts";

const BASE58 = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";
/** BIP-39 "Generating the mnemonic": 128 to 256 bits of entropy. */
const PHRASE_LENGTHS = [24, 21, 18, 15, 12] as const;
const WORD_BITS = 11;

/** Spellings of a private key's name. */
const PRIVATE_KEY_NAMES: readonly string[] = ["private", "priv"].flatMap((stem) =>
  ["key", " key", "_key", "-key"].map((rest) => stem + rest)
);

/** Every rule about wallets. */
export const WALLET_RULES: readonly Rule[] = [
  {
    id: "wallet_phrase",
    pattern: "wallet_phrase",
    type: "EXFIL",
    severity: "critical",
    directions: BOTH_DIRECTIONS,
    anchors: ["mnemonic", "phrase", "seed", "bip39", "bip-39", "recovery"],
    regexp:
      /(?:mnemonic|(?:seed|recovery|secret|backup|wallet)[ _-]?phrase|(?:seed|recovery)[ _-]?words?|wallet[ _-]?seed|bip-?39)[^]{0,40}?(?<![a-z])(?<secret>[a-z]{3,8}(?:(?:[ \t\r\n]{1,2}|, ?|["'], ?["'])[a-z]{3,8}){11,23})(?![a-z])/i,
    maxLength: 370,
    verify: gradePhrase,
    concealed: true,
    description: "The words that a crypto wallet is recovered from.",
    source: "https://github.com/bitcoin/bips/blob/master/bip-0039.mediawiki",
    examples: [
      "seed phrase: " +
      "legal winner thank year wave sausage worth useful legal winner thank yellow",
      'MNEMONIC="' +
      "letter advice cage absurd amount doctor acoustic avoid letter advice cage above" +
      '"',
    ],
    nonExamples: [
      "The mnemonic that you write down has to be kept away from water, fire and from other people",
    ],
  },
  {
    id: "wallet_extended_key",
    pattern: "wallet_private_key",
    type: "EXFIL",
    severity: "high",
    directions: BOTH_DIRECTIONS,
    anchors: ["xprv", "yprv", "zprv", "tprv", "uprv", "vprv"],
    regexp: /(?<![A-Za-z0-9])[xyztuv]prv[1-9A-HJ-NP-Za-km-z]{107,108}(?![A-Za-z0-9])/,
    maxLength: 112,
    verify: gradeSecret({ severity: "high", minEntropy: 3.5, checksum: base58Holds }),
    description: "An extended private key: every key of a wallet follows from it.",
    source: "https://github.com/bitcoin/bips/blob/master/bip-0032.mediawiki",
    examples: [
      "xprv9s21ZrQH143K3QTDL4LXw2F7HEK3wJUD2nW2nRk4stbPy6cq3jPPqjiChkVvvNKmP" +
      "GJxWUtg6LnF5kejMRNNU3TGtRBeJgk33yuGBxrMPHi",
    ],
    nonExamples: ["an xprv is an extended private key"],
  },
  {
    id: "wallet_import_key",
    pattern: "wallet_private_key",
    type: "EXFIL",
    severity: "high",
    directions: BOTH_DIRECTIONS,
    anchors: [
      ...['"', "'", " ", ":", "="].map((next) => `wif${next}`),
      ...PRIVATE_KEY_NAMES,
      ...["bitcoin", "btc", "wallet"],
    ],
    regexp:
      /(?:\bwif["' :=]|priv(?:ate)?[ _-]?key|bitcoin|btc|wallet)[^]{0,32}?(?<![A-Za-z0-9])(?<secret>5[HJK][1-9A-HJ-NP-Za-km-z]{49}|[KLc9][1-9A-HJ-NP-Za-km-z]{50,51})(?![A-Za-z0-9])/i,
    maxLength: 110,
    verify: (match) => base58Holds(match.secret) ? "critical" : "drop",
    description: "A Bitcoin private key in wallet import format.",
    source: "https://en.bitcoin.it/wiki/Wallet_import_format",
    examples: [
      "WIF: " + "5HueCGU8rMjxEXxiPuD5BDku4MkFqeZyd4dZ1jvhTVqvbTLvyTJ",
      "btc_key=" + "KwdMAjGmerYanjeui5SHS7JkmpZvVipYvB2LJGU1ZxJwYvP98617",
    ],
    nonExamples: ["WIF: 5HueCGU8rMjxEXxiPuD5BDku4MkFqeZyd4dZ1jvhTVqvbTLvyTK"],
  },
  {
    id: "wallet_raw_key",
    pattern: "wallet_private_key",
    type: "EXFIL",
    severity: "high",
    directions: BOTH_DIRECTIONS,
    anchors: [...PRIVATE_KEY_NAMES, "signer", "deployer"],
    regexp:
      /(?:priv(?:ate)?[ _-]?key|(?:signer|deployer)[ _-]?(?:priv(?:ate)?[ _-]?)?key)[^\r\n]{0,24}?(?<![A-Za-z0-9])(?:0x)?(?<secret>[0-9a-f]{64})(?![A-Za-z0-9])/i,
    maxLength: 130,
    verify: gradeSecret({ severity: "high", minEntropy: 3.2 }),
    description: "A raw private key, as Ethereum wallets export it.",
    source: "https://ethereum.org/en/developers/docs/accounts/#account-creation",
    examples: [
      "DEPLOYER_PRIVATE_KEY=0x" +
      "4c0883a69102937d6231471b5dbb6204fe5129617082792ae468d01a3f362318",
    ],
    nonExamples: [
      "PRIVATE_KEY=0x" + "0".repeat(64),
      "the public key 4c0883a69102937d6231471b5dbb6204fe5129617082792ae468d01a3f362318",
    ],
  },
];

/** Looks for a run of list words of one of the lengths a phrase can have. */
function gradePhrase({ secret }: RuleMatch): Verdict {
  const places = secret.toLowerCase().split(/[^a-z]+/).map((word) => BIP39_PLACES.get(word));
  let best: Verdict = "drop";
  for (const length of PHRASE_LENGTHS) {
    for (let start = 0; start + length <= places.length; start++) {
      const phrase = places.slice(start, start + length);
      if (!phrase.every((place) => place !== undefined)) continue;
      // The words of examples: one word eleven times.
      if (new Set(phrase).size <= 2) return "info";
      if (phraseHolds(phrase)) return "critical";
      best = "medium";
    }
  }
  return best;
}

/** Checks the last bits: the first of the entropy's SHA-256, one for each 32. */
function phraseHolds(places: readonly number[]): boolean {
  const bits = places.map((place) => place.toString(2).padStart(WORD_BITS, "0")).join("");
  const checkBits = bits.length / 33;
  const entropy = bits.slice(0, -checkBits);
  const bytes = Uint8Array.from(
    { length: entropy.length / 8 },
    (_, index) => parseInt(entropy.slice(index * 8, index * 8 + 8), 2),
  );
  const check = (sha256(bytes)[0] ?? 0).toString(2).padStart(8, "0").slice(0, checkBits);
  return bits.endsWith(check);
}

/** Checks Base58Check: the last four bytes are the first of the others' double SHA-256. */
function base58Holds(text: string): boolean {
  let value = 0n;
  for (const character of text) value = value * 58n + BigInt(BASE58.indexOf(character));
  const hex = value.toString(16);
  const bytes = Uint8Array.fromHex(hex.length % 2 === 0 ? hex : `0${hex}`);
  const check = sha256(sha256(bytes.subarray(0, -4)));
  return bytes.subarray(-4).every((byte, index) => byte === check[index]);
}
