/** The loads of the bench, as data. */
import type { BenchOrigin } from "./start_bench_origin.ts";
import type { Contestant } from "./start_contestants.ts";
import type { Load } from "./load_generator.ts";

/** A load that each contestant gets. */
export interface Scenario {
  readonly id:
    | "plain"
    | "decrypted"
    | "new"
    | "post"
    | "download"
    | "events"
    | "paced"
    | "pacedTls";
  readonly title: string;
  readonly isTls: boolean;
  readonly path: "/small" | "/post" | "/large" | "/events";
  /** Further flags of the load generator; `BODY` stands for the file to post. */
  readonly flags: readonly string[];
}

const PACE = ["-c", "64", "-r", "1000"];

/** In the order of the report. 64 connections unless it says otherwise. */
export const SCENARIOS: readonly Scenario[] = [
  { id: "plain", title: "plain, keep-alive", isTls: false, path: "/small", flags: [] },
  { id: "decrypted", title: "decrypted, keep-alive", isTls: true, path: "/small", flags: [] },
  { id: "new", title: "new TLS connection each", isTls: true, path: "/small", flags: ["-o"] },
  {
    id: "post",
    title: "64 KiB JSON POST, decrypted",
    isTls: true,
    path: "/post",
    flags: ["-p", "BODY"],
  },
  { id: "download", title: "1 MB download, decrypted", isTls: true, path: "/large", flags: [] },
  {
    id: "events",
    title: "SSE first byte, 200 a second",
    isTls: true,
    path: "/events",
    flags: ["-c", "16", "-r", "200", "-f"],
  },
  { id: "paced", title: "plain, 1,000 a second", isTls: false, path: "/small", flags: PACE },
  { id: "pacedTls", title: "decrypted, 1,000 a second", isTls: true, path: "/small", flags: PACE },
];

/** How a scenario is run now. */
export interface LoadOfOptions {
  readonly origin: BenchOrigin;
  readonly bodyFile: string;
  readonly seconds: number;
}

/** Says what the load generator is to do for `scenario` through `contestant`. */
export function loadOf(
  scenario: Scenario,
  contestant: Contestant,
  options: LoadOfOptions,
): Load {
  const { origin, bodyFile, seconds } = options;
  const { isTls, path } = scenario;
  const tlsPort = path === "/events" ? origin.eventsPort : origin.tlsPort;
  const originPort = isTls ? tlsPort : origin.port;
  const flags = scenario.flags.map((flag) => flag === "BODY" ? bodyFile : flag);
  const throughProxy = isTls ? "tunnel" : "absolute";
  return {
    mode: contestant.proxy === undefined ? isTls ? "tls" : "origin" : throughProxy,
    port: contestant.proxy?.port ?? originPort,
    authority: `localhost:${originPort}`,
    path,
    flags: ["-d", `${seconds}`, ...flags],
  };
}
