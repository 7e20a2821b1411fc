import assert from "node:assert/strict";
import fc from "fast-check";
import { maskHost, maskUrl } from "../../src/threats/mask_url.ts";
import { SAMPLE_KEY } from "./sample.ts";

const SLACK = "T0AAAAAAA/B0BBBBBBB/" + "cccccccccccccccccccccccc";
const TELEGRAM = "123456789" + ":AAF" + "abcdefghijklmnopqrstuvwxyz012345";

const ROWS: readonly {
  reason: string;
  url: string;
  secrets?: readonly string[];
  masked: string;
}[] = [
  {
    reason: "nothing to mask",
    url: "https://a.example/x?q=1#f",
    masked: "https://a.example/x?q=1#...",
  },
  { reason: "origin form", url: "/x?q=1", masked: "/x?q=1" },
  { reason: "asterisk form", url: "*", masked: "*" },
  { reason: "authority form", url: "a.example:443", masked: "a.example:443" },
  { reason: "IPv6 authority", url: "[::1]:443", masked: "[::1]:443" },
  { reason: "userinfo", url: "http://me:pw@a.example/", masked: "http://...@a.example/" },
  { reason: "two at signs", url: "http://me:p@w@a.example/", masked: "http://...@a.example/" },
  { reason: "userinfo in authority form", url: "me:pw@a.example:80", masked: "...@a.example:80" },
  { reason: "secret name", url: "/x?api_key=1&b=2", masked: "/x?api_key=...&b=2" },
  { reason: "encoded secret name", url: "/x?api%5Fkey=1", masked: "/x?api%5Fkey=..." },
  { reason: "secret name without value", url: "/x?token=&b", masked: "/x?token=&b" },
  { reason: "semicolons", url: "/x?a=1;token=2;c=3", masked: "/x?a=1;token=...;c=3" },
  {
    reason: "presigned",
    url: "/o?X-Amz-Credential=AKIA&X-Amz-Date=1&X-Amz-Signature=abc",
    masked: "/o?X-Amz-Credential=...&X-Amz-Date=1&X-Amz-Signature=...",
  },
  { reason: "Telegram", url: `/bot${TELEGRAM}/getMe`, masked: "/bot.../getMe" },
  { reason: "Telegram file", url: `/file/bot${TELEGRAM}/a.jpg`, masked: "/file/bot.../a.jpg" },
  {
    reason: "Slack",
    url: `https://hooks.slack.com/services/${SLACK}`,
    masked: "https://hooks.slack.com/services/T0AAAAAAA/B0BBBBBBB/...",
  },
  {
    reason: "Discord",
    url: "https://discord.com/api/webhooks/1234567890/" + "tOkEn_-1?wait=true",
    masked: "https://discord.com/api/webhooks/1234567890/...?wait=true",
  },
  { reason: "a word that begins with bot", url: "/bottles/of/beer", masked: "/bottles/of/beer" },
  {
    reason: "found in the query",
    url: `/x?q=${SAMPLE_KEY}&r=1`,
    secrets: [SAMPLE_KEY],
    masked: "/x?q=sk-ant-api03...&r=1",
  },
  {
    reason: "found in the path",
    url: `/x/${SAMPLE_KEY}/y`,
    secrets: [SAMPLE_KEY],
    masked: "/x/sk-ant-api03.../y",
  },
  {
    reason: "found twice",
    url: `/${SAMPLE_KEY}?${SAMPLE_KEY}`,
    secrets: [SAMPLE_KEY],
    masked: "/sk-ant-api03...?sk-ant-api03...",
  },
  {
    reason: "found percent-encoded",
    url: `/x?q=${[...SAMPLE_KEY].map((c) => `%${c.charCodeAt(0).toString(16)}`).join("")}&r=1`,
    secrets: [SAMPLE_KEY],
    masked: "/x?...&r=1",
  },
  {
    reason: "found across path and query",
    url: "http://a.example/etc?file=words",
    secrets: ["etc?file=words"],
    masked: "http://a.example/...",
  },
  {
    reason: "found in base64: it is not to be located",
    url: `http://a.example/x?q=${btoa(SAMPLE_KEY)}`,
    secrets: [SAMPLE_KEY],
    masked: "http://a.example/...",
  },
  {
    reason: "found in the host",
    url: `http://${SAMPLE_KEY.toLowerCase()}.a.example/x`,
    secrets: [SAMPLE_KEY],
    masked: "http://sk-ant-api03....a.example/x",
  },
  { reason: "control characters", url: "/a\x1b[2Jb", masked: "/a\\x1b[2Jb" },
  { reason: "not a URL at all", url: "://?#", masked: "://?#..." },
];

for (const { reason, url, secrets, masked } of ROWS) {
  Deno.test(`\`maskUrl()\` masks: ${reason}`, () => assert.equal(maskUrl(url, secrets), masked));
}

Deno.test("`maskUrl()` cuts what is longer than a record should be", () => {
  const masked = maskUrl(`/${"x".repeat(100_000)}`);
  assert.ok(masked.length < 2_100 && masked.endsWith("..."));
});

/** However a secret is mixed into a URL, no 13 characters of it are left. */
Deno.test("`maskHost()` masks what stands encoded behind a bracket that begins no address", () => {
  assert.equal(maskHost(`[=${btoa(SAMPLE_KEY)}`, [SAMPLE_KEY]), "...");
  assert.equal(maskHost("[::1]:443", [SAMPLE_KEY]), "[::1]:443");
});

Deno.test("`maskUrl()` never shows more than 12 characters of a secret it was told of", () => {
  const text = fc.string({ maxLength: 12 });
  const encode = fc.constantFrom<(secret: string) => string>(
    String,
    encodeURIComponent,
    btoa,
    (each) => each.toLowerCase(),
  );
  fc.assert(
    fc.property(
      text,
      text,
      encode,
      fc.constantFrom("/", "?", "&", "=", "@", "#", "://"),
      (before, after, encoded, glue) => {
        const masked = maskUrl(before + glue + encoded(SAMPLE_KEY) + after, [SAMPLE_KEY])
          .toLowerCase();
        for (let at = 0; at + 13 <= SAMPLE_KEY.length; at++) {
          assert.ok(!masked.includes(SAMPLE_KEY.slice(at, at + 13).toLowerCase()), masked);
        }
        assert.ok(!masked.includes(btoa(SAMPLE_KEY).slice(0, 24).toLowerCase()), masked);
      },
    ),
  );
});

const HOSTS: readonly {
  reason: string;
  host: string;
  secrets: readonly string[];
  masked: string;
}[] = [
  { reason: "no secret", host: "a.example:443", secrets: [], masked: "a.example:443" },
  {
    reason: "load balancer",
    host: "x-1a2b3c4d5e6f7a8b.elb.example:443",
    secrets: [],
    masked: "x-1a2b3c4d5e6f7a8b.elb.example:443",
  },
  {
    reason: "literal",
    host: `${SAMPLE_KEY}.evil.example:443`,
    secrets: [SAMPLE_KEY],
    masked: "sk-ant-api03....evil.example:443",
  },
  {
    reason: "encoded",
    host: "c2stYW50LWFwaTAzLVpxN3Y.evil.example:443",
    secrets: [SAMPLE_KEY],
    masked: "....evil.example:443",
  },
  {
    reason: "address",
    host: "[2001:db8:1234:5678:9abc:def0:1234:5678]:443",
    secrets: [SAMPLE_KEY],
    masked: "[2001:db8:1234:5678:9abc:def0:1234:5678]:443",
  },
];

for (const { reason, host, secrets, masked } of HOSTS) {
  Deno.test(`\`maskHost()\` masks: ${reason}`, () => assert.equal(maskHost(host, secrets), masked));
}
