import { deepEqual, equal } from "node:assert/strict";
import { HeaderList } from "../../src/http1/header_list.ts";
import { connectionOptions, wantsKeepAlive, withoutHopByHop } from "../../src/http1/hop_by_hop.ts";

type Fields = readonly (readonly [string, string])[];

const A = ["A", "1"] as const;
const Z = ["Z", "2"] as const;

/** Each row's fields stand between two others, which must stay in their order. */
const REMOVED: readonly (readonly [string, Fields])[] = [
  ["Connection", [["Connection", "close"]]],
  ["Keep-Alive", [["Keep-Alive", "timeout=5"]]],
  ["Proxy-Connection", [["Proxy-Connection", "keep-alive"]]],
  ["Proxy-Authorization", [["proxy-authorization", "Basic eDp5"]]],
  ["Proxy-Authenticate", [["Proxy-Authenticate", "Basic"]]],
  ["Proxy-Authentication-Info", [["Proxy-Authentication-Info", "x"]]],
  ["Transfer-Encoding", [["TRANSFER-ENCODING", "chunked"]]],
  ["Upgrade", [["Upgrade", "websocket"], ["Connection", "Upgrade"]]],
  ["TE of a coding", [["TE", "gzip"]]],
  ["an empty TE", [["TE", ""]]],
  ["TE of something like trailers", [["TE", "trailers;q=0, xtrailers"]]],
  ["a field that Connection names", [["Connection", "x-a"], ["X-A", "1"], ["x-a", "2"]]],
  ["a field named later", [["X-A", "1"], ["Connection", "X-A"]]],
  ["fields named in a list", [["Connection", " x-a ,, X-B,close"], ["X-A", "1"], ["X-B", "2"]]],
  ["fields named by two Connections", [
    ["Connection", "x-a"],
    ["connection", "x-b"],
    ["X-A", "1"],
    ["X-B", "2"],
  ]],
  ["HTTP2-Settings of an upgrade", [
    ["Connection", "Upgrade, HTTP2-Settings"],
    ["Upgrade", "h2c"],
    ["HTTP2-Settings", "x"],
  ]],
];

for (const [reason, fields] of REMOVED) {
  Deno.test(`withoutHopByHop() removes ${reason}`, () => {
    deepEqual(withoutHopByHop(HeaderList.from([A, ...fields, Z])).entries, [A, Z]);
  });
}

Deno.test("withoutHopByHop() keeps everything else as it is", () => {
  const fields = [
    ["HOST", "a"],
    ["Accept-Encoding", "gzip"],
    ["x-twice", "1"],
    ["Via", "1.1 x"],
    ["X-Twice", "2"],
    ["Trailer", "X-T"],
    ["Expect", "100-continue"],
    ["Content-Length", "0"],
    ["X-Forwarded-For", "b"],
  ] as const;
  deepEqual(withoutHopByHop(HeaderList.from(fields)).entries, fields);
});

for (
  const name of [
    "Content-Length",
    "Host",
    "Authorization",
    "Cookie",
    "Set-Cookie",
    "Content-Encoding",
    "Content-Type",
    "Cache-Control",
    "Trailer",
  ]
) {
  Deno.test(`withoutHopByHop() keeps ${name} even if Connection names it`, () => {
    const fields = [["Connection", `close, ${name.toUpperCase()}`], [name, "1"]] as const;
    deepEqual(withoutHopByHop(HeaderList.from(fields)).entries, [[name, "1"]]);
  });
}

Deno.test("withoutHopByHop() reduces TE to trailers", () => {
  for (const value of ["trailers", "Trailers", "gzip;q=0.5, trailers", "trailers , deflate"]) {
    const fields = [["Te", value], ["Connection", "TE"]] as const;
    deepEqual(withoutHopByHop(HeaderList.from(fields)).entries, [["Te", "trailers"]]);
  }
});

for (
  const [reason, version, fields, expected] of [
    ["HTTP/1.1 says nothing", "1.1", [], true],
    ["HTTP/1.1 says close", "1.1", [["Connection", "close"]], false],
    ["HTTP/1.1 says Close in a list", "1.1", [["connection", "x, Close"]], false],
    [
      "close stands in a second field",
      "1.1",
      [["Connection", "x"], ["Connection", "close"]],
      false,
    ],
    ["close contradicts keep-alive", "1.1", [["Connection", "keep-alive, close"]], false],
    ["an option only contains close", "1.1", [["Connection", "closed"]], true],
    ["HTTP/1.1 says upgrade", "1.1", [["Connection", "Upgrade"]], true],
    ["HTTP/1.0 says nothing", "1.0", [], false],
    ["HTTP/1.0 says keep-alive", "1.0", [["Connection", "Keep-Alive"]], true],
    ["HTTP/1.0 says both", "1.0", [["Connection", "keep-alive, close"]], false],
    ["HTTP/1.0 says it to a proxy", "1.0", [["Proxy-Connection", "keep-alive"]], false],
  ] as const
) {
  Deno.test(`wantsKeepAlive() is ${expected} when ${reason}`, () => {
    equal(wantsKeepAlive(version, HeaderList.from(fields)), expected);
  });
}

Deno.test("connectionOptions() lists all options in lower case", () => {
  const list = HeaderList.from([["Connection", "Upgrade,\tX "], ["A", "b"], ["connection", ",c"]]);
  deepEqual(connectionOptions(list), ["upgrade", "x", "c"]);
  deepEqual(connectionOptions(HeaderList.from([])), []);
});
