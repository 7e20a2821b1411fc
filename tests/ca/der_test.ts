import assert from "node:assert/strict";
import fc from "fast-check";
import {
  bitString,
  boolean,
  contextConstructed,
  contextPrimitive,
  type Der,
  element,
  lengthOctets,
  namedBits,
  octetString,
  readBits,
  readElement,
  readElements,
  readTime,
  readUnsignedInteger,
  sequence,
  setOfOne,
  TAG,
  time,
  unsignedInteger,
  utf8String,
} from "../../src/ca/der.ts";

const hex = (text: string): Der => Uint8Array.fromHex(text.replaceAll(" ", ""));
const octets = () => fc.uint8Array({ maxLength: 300 }).map((bytes) => new Uint8Array(bytes));

/** Both sides of every place where the length takes another octet. */
const LENGTHS: readonly (readonly [number, string])[] = [
  [0, "00"],
  [1, "01"],
  [127, "7f"],
  [128, "8180"],
  [255, "81ff"],
  [256, "820100"],
  [65_535, "82ffff"],
  [65_536, "83010000"],
  [16_777_215, "83ffffff"],
  [16_777_216, "8401000000"],
  [2_147_483_648, "8480000000"],
  [4_294_967_295, "84ffffffff"],
];

Deno.test("`lengthOctets()` is shortest on each side of every boundary", () => {
  for (const [contentBytes, expected] of LENGTHS) {
    assert.equal(lengthOctets(contentBytes).toHex(), expected, `${contentBytes}`);
  }
});

Deno.test("`lengthOctets()` rejects what is no length", () => {
  for (const contentBytes of [-1, 0.5, NaN, Infinity, 4_294_967_296]) {
    assert.throws(() => lengthOctets(contentBytes), RangeError, `${contentBytes}`);
  }
});

Deno.test("`readElement()` reads back every length boundary", () => {
  for (const [contentBytes] of LENGTHS.filter(([contentBytes]) => contentBytes <= 65_536)) {
    const content = new Uint8Array(contentBytes).fill(0xa5);
    const encoded = octetString(content);
    const read = readElement(encoded);
    assert.equal(read.tag, TAG.octetString);
    assert.equal(read.content.toHex(), content.toHex(), `${contentBytes}`);
    assert.equal(read.encoded.length, encoded.length);
  }
});

Deno.test("`readElement()` gives back what `element()` was given", () => {
  const tag = fc.integer({ min: 0, max: 0xff }).filter((tag) => (tag & 0x1f) !== 0x1f);
  fc.assert(fc.property(tag, octets(), (tag, content) => {
    const read = readElement(element(tag, content));
    assert.equal(read.tag, tag);
    assert.deepEqual(read.content, content);
  }));
});

Deno.test("`readElement()` takes nothing that `element()` would write otherwise", () => {
  // Short arrays with small numbers, so that a good part of them is an element.
  const octet = fc.oneof(fc.integer({ min: 0, max: 4 }), fc.constantFrom(0x30, 0x80, 0x81, 0x82));
  fc.assert(fc.property(fc.array(octet, { maxLength: 8 }), (octets) => {
    const bytes = Uint8Array.from(octets);
    try {
      const { tag, content } = readElement(bytes);
      assert.deepEqual(element(tag, content), bytes);
    } catch (error) {
      if (!(error instanceof SyntaxError)) throw error;
    }
  }));
});

Deno.test("`readElement()` rejects every part of an element that is cut short", () => {
  const whole = sequence(octetString(new Uint8Array(200)), boolean(true));
  for (let end = 0; end < whole.length; end++) {
    assert.throws(() => readElement(whole.subarray(0, end)), SyntaxError, `first ${end} octets`);
  }
});

Deno.test("`readElement()` rejects what is BER or broken", () => {
  const rows: readonly (readonly [string, string])[] = [
    ["nothing at all", ""],
    ["a tag alone", "04"],
    ["indefinite length", "3080 0000"],
    ["one length octet announced and missing", "0481"],
    ["long form for a short length", "04817f" + "00".repeat(127)],
    ["long form with a leading zero", "04820080" + "00".repeat(128)],
    ["five length octets", "04850000000001 00"],
    ["high tag number", "1f0100"],
    ["an octet after the end", "040100 00"],
    ["content cut short", "0402 00"],
  ];
  for (const [reason, bytes] of rows) {
    assert.throws(() => readElement(hex(bytes)), SyntaxError, reason);
  }
});

Deno.test("`readElements()` reads elements in order and rejects half a one", () => {
  const first = boolean(false);
  const second = utf8String("é");
  const both = new Uint8Array([...first, ...second]);
  assert.deepEqual(readElements(both).map((read) => read.encoded), [first, second]);
  assert.deepEqual(readElements(new Uint8Array(0)), []);
  assert.throws(() => readElements(both.subarray(0, -1)), SyntaxError);
});

Deno.test("`unsignedInteger()` keeps the sign bit clear and is shortest", () => {
  const rows: readonly (readonly [string, string, string])[] = [
    ["zero", "00", "020100"],
    ["largest without a sign octet", "7f", "02017f"],
    ["highest bit set", "80", "02020080"],
    ["all bits set", "ff", "020200ff"],
    ["needless zeros", "0000007f", "02017f"],
    ["zeros of which one is needed", "000080", "02020080"],
    ["zeros only", "0000", "020100"],
    ["two octets", "7fff", "02027fff"],
    ["two octets, highest bit set", "8000", "0203008000"],
    ["a zero octet inside", "0100", "02020100"],
  ];
  for (const [reason, magnitude, expected] of rows) {
    assert.equal(unsignedInteger(hex(magnitude)).toHex(), expected, reason);
  }
  assert.throws(() => unsignedInteger(new Uint8Array(0)), RangeError);
});

Deno.test("`readUnsignedInteger()` gives back the magnitude that was encoded", () => {
  fc.assert(fc.property(fc.bigInt({ min: 0n, max: 2n ** 160n }), (value) => {
    const digits = value.toString(16);
    const magnitude = Uint8Array.fromHex(digits.length % 2 === 0 ? digits : `0${digits}`);
    const read = readUnsignedInteger(readElement(unsignedInteger(magnitude)).content);
    assert.equal(BigInt(`0x${read.toHex()}`), value);
  }));
});

Deno.test("`readUnsignedInteger()` rejects empty, negative and padded integers", () => {
  for (const content of ["", "80", "ff", "0000", "007f"]) {
    assert.throws(() => readUnsignedInteger(hex(content)), SyntaxError, content);
  }
});

Deno.test("`namedBits()` leaves out zero bits at the end", () => {
  const rows: readonly (readonly [string, readonly number[], string])[] = [
    ["no bit", [], "030100"],
    ["digitalSignature", [0], "03020780"],
    ["keyCertSign and cRLSign", [5, 6], "03020106"],
    ["the same in another order", [6, 5], "03020106"],
    ["last bit of an octet", [7], "03020001"],
    ["first bit of the second", [8], "0303070080"],
    ["both octets", [0, 8], "0303078080"],
  ];
  for (const [reason, positions, expected] of rows) {
    assert.equal(namedBits(positions).toHex(), expected, reason);
  }
  for (const position of [-1, 0.5, 256]) assert.throws(() => namedBits([position]), RangeError);
});

Deno.test("`readBits()` gives back octets and rejects wrong unused bits", () => {
  assert.equal(readBits(readElement(bitString(hex("00ff"))).content).toHex(), "00ff");
  assert.equal(readBits(readElement(namedBits([5, 6])).content).toHex(), "06");
  assert.equal(readBits(hex("00")).length, 0);
  const rows: readonly (readonly [string, string])[] = [
    ["no count", ""],
    ["more than seven unused bits", "0880"],
    ["unused bits of no octet", "01"],
    ["an unused bit is set", "0107"],
  ];
  for (const [reason, content] of rows) {
    assert.throws(() => readBits(hex(content)), SyntaxError, reason);
  }
});

Deno.test("`time()` is UTCTime through 2049 and GeneralizedTime from 2050", () => {
  const rows: readonly (readonly [string, string, number])[] = [
    ["1950-01-01T00:00:00Z", "500101000000Z", TAG.utcTime],
    ["1999-12-31T23:59:59Z", "991231235959Z", TAG.utcTime],
    ["2000-02-29T12:30:01Z", "000229123001Z", TAG.utcTime],
    ["2049-12-31T23:59:59.999Z", "491231235959Z", TAG.utcTime],
    ["2050-01-01T00:00:00Z", "20500101000000Z", TAG.generalizedTime],
    ["9999-12-31T23:59:59Z", "99991231235959Z", TAG.generalizedTime],
  ];
  for (const [date, text, tag] of rows) {
    const read = readElement(time(Date.parse(date)));
    assert.equal(new TextDecoder().decode(read.content), text, date);
    assert.equal(read.tag, tag, date);
  }
  for (const outside of [Date.UTC(1949, 11, 31), Date.UTC(10_000, 0, 1), NaN]) {
    assert.throws(() => time(outside), RangeError, `${outside}`);
  }
});

Deno.test("`readTime()` gives back the second that `time()` was given", () => {
  const min = Date.UTC(1950, 0, 1) / 1000;
  const max = Date.UTC(9999, 11, 31) / 1000;
  fc.assert(fc.property(fc.integer({ min, max }), fc.nat(999), (seconds, ms) => {
    assert.equal(readTime(readElement(time(seconds * 1000 + ms))), seconds * 1000);
  }));
});

Deno.test("`readTime()` rejects other forms and dates that do not exist", () => {
  const rows: readonly (readonly [string, number, string])[] = [
    ["no seconds", TAG.utcTime, "4912312359Z"],
    ["an offset for Z", TAG.utcTime, "491231235959+0100"],
    ["fractions of a second", TAG.generalizedTime, "20500101000000.5Z"],
    ["four digits of a year in UTCTime", TAG.utcTime, "20491231235959Z"],
    ["30 February", TAG.utcTime, "270230000000Z"],
    ["month 13", TAG.utcTime, "271301000000Z"],
    ["hour 24", TAG.utcTime, "270101240000Z"],
    ["29 February of no leap year", TAG.generalizedTime, "21000229000000Z"],
    ["another type", TAG.utf8String, "491231235959Z"],
  ];
  for (const [reason, tag, text] of rows) {
    const read = readElement(element(tag, new TextEncoder().encode(text)));
    assert.throws(() => readTime(read), SyntaxError, reason);
  }
});

Deno.test("the small encoders write the octets of X.690", () => {
  assert.equal(boolean(true).toHex(), "0101ff");
  assert.equal(boolean(false).toHex(), "010100");
  assert.equal(octetString(hex("0102")).toHex(), "04020102");
  assert.equal(bitString(hex("0102")).toHex(), "0303000102");
  assert.equal(utf8String("é").toHex(), "0c02c3a9");
  assert.equal(sequence().toHex(), "3000");
  assert.equal(setOfOne(boolean(true)).toHex(), "31030101ff");
  assert.equal(contextConstructed(3, boolean(true)).toHex(), "a3030101ff");
  assert.equal(contextPrimitive(7, hex("7f000001")).toHex(), "87047f000001");
});
