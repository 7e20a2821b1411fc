import assert from "node:assert/strict";
import { Redactor } from "../../src/threats/redact.ts";
import {
  type ThreatContext,
  threatFromFinding,
  threatTimestamp,
} from "../../src/threats/threat.ts";
import { SAMPLE_KEY, sampleFinding } from "./sample.ts";

const redactor = new Redactor({ fingerprintKey: new Uint8Array(32) });

const CONTEXT: ThreatContext = {
  direction: "outbound",
  protocol: "https",
  source: "127.0.0.1",
  dest: "evil.example:443",
  location: "header:authorization",
  requestId: "r1",
  timestamp: "2026-02-19T13:41:59.587248+00:00",
  severity: "high",
  action: "logged",
};

Deno.test("`threatFromFinding()` writes the original's eight fields first, in its order", () => {
  const finding = sampleFinding(SAMPLE_KEY, { before: "Authorization: Bearer " });
  const threat = threatFromFinding(finding, CONTEXT, redactor);
  assert.equal(
    JSON.stringify(threat),
    JSON.stringify({
      direction: "outbound",
      protocol: "https",
      threat_type: "EXFIL",
      pattern: "ai_api_key",
      snippet: "Authorization: Bearer sk-ant-api03...",
      source: "127.0.0.1",
      dest: "evil.example:443",
      timestamp: "2026-02-19T13:41:59.587248+00:00",
      severity: "high",
      action: "logged",
      location: "header:authorization",
      fingerprint: redactor.fingerprint(SAMPLE_KEY),
      request_id: "r1",
      rule: "anthropic_api_key",
    }),
  );
});

Deno.test("`threatFromFinding()` says how and where more exactly, and no rule where it is the label", () => {
  const finding = sampleFinding(SAMPLE_KEY, {
    encoding: "gzip>json",
    part: "sse:tool_use[0].input",
    rule: { id: "ai_api_key" },
  });
  const threat = threatFromFinding(finding, { ...CONTEXT, location: "body" }, redactor);
  assert.equal(threat.encoding, "gzip>json");
  assert.equal(threat.location, "sse:tool_use[0].input");
  assert.ok(!("rule" in threat));
});

const DESTINATIONS: readonly {
  reason: string;
  dest: string;
  location: string;
  encoding?: string;
  masked: string;
}[] = [
  {
    reason: "the key is a label of the name",
    dest: `${SAMPLE_KEY.toLowerCase()}.evil.example:443`,
    location: "connect",
    masked: "sk-ant-api03....evil.example:443",
  },
  {
    reason: "the key stands encoded in the name",
    dest: "c2stYW50LWFwaTAzLVpxN3Y.evil.example:443",
    location: "connect",
    encoding: "base64",
    masked: "....evil.example:443",
  },
  {
    reason: "the key stands encoded in a body",
    dest: "x-1a2b3c4d5e6f7a8b.elb.example:443",
    location: "body",
    encoding: "base64",
    masked: "x-1a2b3c4d5e6f7a8b.elb.example:443",
  },
];

for (const { reason, dest, location, encoding, masked } of DESTINATIONS) {
  Deno.test(`\`threatFromFinding()\` writes the destination where ${reason}`, () => {
    const finding = sampleFinding(SAMPLE_KEY, encoding === undefined ? {} : { encoding });
    const threat = threatFromFinding(finding, { ...CONTEXT, dest, location }, redactor);
    assert.equal(threat.dest, masked);
  });
}

Deno.test("`threatFromFinding()` masks a key that was made the name of a header", () => {
  const location = `header:${SAMPLE_KEY.toLowerCase()}`;
  const threat = threatFromFinding(sampleFinding(SAMPLE_KEY), { ...CONTEXT, location }, redactor);
  assert.equal(threat.location, "header:...");
});

Deno.test("`threatTimestamp()` has six digits and `+00:00`", () => {
  assert.equal(threatTimestamp(0), "1970-01-01T00:00:00.000000+00:00");
  assert.equal(threatTimestamp(1.0004), "1970-01-01T00:00:00.001000+00:00");
  assert.equal(threatTimestamp(999.9999), "1970-01-01T00:00:01.000000+00:00");
});

Deno.test("`threatTimestamp()` says the same whatever it was asked before, and goes by time", () => {
  const start = Date.UTC(2026, 1, 28, 23, 59, 58);
  for (const step of [0, 1_999.999, 2_000, 999.5, 86_400_000, 0, -1, 1_000.001]) {
    const at = start + step;
    const micros = String(Math.round(at * 1_000) % 1_000_000).padStart(6, "0");
    assert.equal(threatTimestamp(at), `${new Date(at).toISOString().slice(0, 19)}.${micros}+00:00`);
  }
});
