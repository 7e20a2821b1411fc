import assert from "node:assert/strict";
import { HeaderList } from "../../src/http1/header_list.ts";
import { HttpError } from "../../src/http1/http_error.ts";
import { decide, type Entrance, shouldIntercept } from "../../src/proxy/decide.ts";

const OPTIONS = { enableMitm: true, mitmBypass: [], learnedBypass: { has: () => false } };

const PLAIN: Entrance = { scheme: "http", tunnel: undefined };
const TLS: Entrance = {
  scheme: "https",
  tunnel: { host: "a.example", port: 443 },
  serverName: "a.example",
};
const TLS_8443: Entrance = { ...TLS, tunnel: { host: "a.example", port: 8443 } };
const TLS_ADDRESS: Entrance = { scheme: "https", tunnel: { host: "2001:db8::1", port: 443 } };
const PLAIN_TUNNEL: Entrance = { scheme: "http", tunnel: { host: "a.example", port: 80 } };

/** `scheme://host:port path`, `connect host:port`, or the status of the refusal. */
function outcome(entrance: Entrance, line: string, host: string | undefined): string | number {
  const [method = "", target = ""] = line.split(" ");
  const headers = HeaderList.from(host === undefined ? [] : [["Host", host]]);
  try {
    const decision = decide({ method, target, version: "1.1", headers }, entrance, OPTIONS);
    if (decision.kind === "connect") {
      return `connect ${decision.authority.host}:${decision.authority.port}`;
    }
    const { origin, path } = decision;
    return `${origin.scheme}://${origin.host}:${origin.port} ${path}`;
  } catch (error) {
    if (error instanceof HttpError) return error.status;
    throw error;
  }
}

const CASES: readonly (readonly [
  reason: string,
  entrance: Entrance,
  line: string,
  host: string | undefined,
  expected: string | number,
])[] = [
  ["absolute-form", PLAIN, "GET http://a.example/p?q", "a.example", "http://a.example:80 /p?q"],
  ["absolute-form wins over Host", PLAIN, "GET http://a.example/", "b", "http://a.example:80 /"],
  ["a port of its own", PLAIN, "GET http://a.example:81/", "a", "http://a.example:81 /"],
  ["no path", PLAIN, "GET http://a.example", "a", "http://a.example:80 /"],
  ["a host in capitals with a dot", PLAIN, "GET http://A.Example./", "a", "http://a.example:80 /"],
  ["IPv6", PLAIN, "GET http://[2001:DB8:0::1]/", "a", "http://2001:db8::1:80 /"],
  ["OPTIONS for the whole server", PLAIN, "OPTIONS http://a.example", "a", "http://a.example:80 *"],
  ["https in a plain request", PLAIN, "GET https://a.example/", "a.example", 400],
  ["origin-form, led here unasked", PLAIN, "GET /", "a.example", "http://a.example:80 /"],
  ["asterisk-form without a tunnel", PLAIN, "OPTIONS *", "a.example", 400],
  ["CONNECT", PLAIN, "CONNECT a.example:443", "b", "connect a.example:443"],
  ["CONNECT without a port", PLAIN, "CONNECT a.example", "a", 400],
  ["CONNECT to a path", PLAIN, "CONNECT /", "a", 400],
  ["origin-form in TLS", TLS, "GET /p", "a.example", "https://a.example:443 /p"],
  ["Host with the default port", TLS, "GET /", "a.example:443", "https://a.example:443 /"],
  ["Host in capitals with a dot", TLS, "GET /", "A.EXAMPLE.", "https://a.example:443 /"],
  ["no Host, as HTTP/1.0 may", TLS, "GET /", undefined, "https://a.example:443 /"],
  ["asterisk-form in TLS", TLS, "OPTIONS *", "a.example", "https://a.example:443 *"],
  ["absolute-form in TLS", TLS, "GET https://a.example/p", "a.example", "https://a.example:443 /p"],
  ["another Host", TLS, "GET /", "b.example", 421],
  ["a Host below the tunnel's", TLS, "GET /", "x.a.example", 421],
  ["another port in Host", TLS, "GET /", "a.example:444", 421],
  ["another absolute-form", TLS, "GET https://b.example/", "a.example", 421],
  ["http in absolute-form: another port", TLS, "GET http://a.example/", "a.example", 421],
  ["absolute-form right, Host wrong", TLS, "GET https://a.example/", "b.example", 421],
  ["a broken Host", TLS, "GET /", "a.example:x", 400],
  ["an empty Host", TLS, "GET /", "", 400],
  ["CONNECT in TLS", TLS, "CONNECT a.example:443", "a.example", 501],
  ["another port in the tunnel", TLS_8443, "GET /", "a.example:8443", "https://a.example:8443 /"],
  ["another port in the tunnel, left out", TLS_8443, "GET /", "a.example", 421],
  [
    "another server name",
    { ...TLS, serverName: "b.example" },
    "GET /",
    "a.example",
    421,
  ],
  [
    "an address without a server name",
    TLS_ADDRESS,
    "GET /",
    "[2001:db8:0:0::1]",
    "https://2001:db8::1:443 /",
  ],
  ["plain HTTP in a tunnel", PLAIN_TUNNEL, "GET /", "a.example", "http://a.example:80 /"],
  ["another Host in a plain tunnel", PLAIN_TUNNEL, "GET /", "b.example", 421],
  ["CONNECT in a plain tunnel", PLAIN_TUNNEL, "CONNECT b.example:443", "b.example", 501],
];

for (const [reason, entrance, line, host, expected] of CASES) {
  Deno.test(`\`decide()\`: ${reason} → ${expected}`, () => {
    assert.equal(outcome(entrance, line, host), expected);
  });
}

const BYPASS = ["pinned.example", ".dotted.example", "*.starred.example", "UPPER.example"];
const INTERCEPTED: readonly (readonly [host: string, intercepted: boolean])[] = [
  ["other.example", true],
  ["pinned.example", false],
  ["api.pinned.example", false],
  ["unpinned.example", true],
  ["pinned.example.evil.example", true],
  ["dotted.example", false],
  ["a.starred.example", false],
  ["upper.example", false],
];

for (const [host, intercepted] of INTERCEPTED) {
  Deno.test(`\`shouldIntercept()\` says ${intercepted} of ${host}`, () => {
    assert.equal(shouldIntercept(host, { ...OPTIONS, mitmBypass: BYPASS }), intercepted);
    assert.equal(shouldIntercept(host, { ...OPTIONS, enableMitm: false }), false);
    const learnedBypass = { has: (name: string) => name === host };
    assert.equal(shouldIntercept(host, { ...OPTIONS, learnedBypass }), false);
  });
}
