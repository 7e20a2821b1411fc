/** What a body filter works for, without a network: a proxy that is built and not started. */
import { resolveConfig } from "../../src/config.ts";
import { HeaderList } from "../../src/http1/header_list.ts";
import { BlockedError } from "../../src/proxy/blocked_error.ts";
import { bodyFilter } from "../../src/proxy/body_filter.ts";
import type { BodyFilter } from "../../src/proxy/pass_body.ts";
import { buildProxy } from "../../src/proxy/build_proxy.ts";
import { Exchange } from "../../src/proxy/exchange.ts";
import { DEFAULT_LIMITS } from "../../src/proxy/limits.ts";
import type { Proxy } from "../../src/proxy/proxy.ts";
import type { Direction, Rule } from "../../src/scan/rule.ts";
import { compileRules, type RuleSet } from "../../src/scan/rule_set.ts";
import type { Threat } from "../../src/threats/threat.ts";
import { testAuthority } from "../ca/test_authority.ts";

/** A built proxy. */
export interface FilterFixture extends Disposable {
  readonly proxy: Proxy;
  /** The rules it has. */
  readonly rules: readonly Rule[];
  /** As of the last flush of the evidence. */
  readonly threats: readonly Threat[];
  readonly log: readonly string[];
}

/** What became of one body. */
export interface FilteredBody {
  /** Everything that was let through, in order. */
  readonly released: Uint8Array;
  /** What stopped it; undefined if nothing did. */
  readonly blocked: BlockedError | undefined;
}

let compiled: { readonly set: RuleSet; readonly rules: readonly Rule[] } | undefined;

/** Builds a proxy with all rules; they are compiled once. */
export async function filterFixture(
  config: Readonly<Record<string, unknown>> = {},
): Promise<FilterFixture> {
  const { certDer, privateKey } = await testAuthority();
  const text = JSON.stringify(config);
  const resolved = resolveConfig({ file: { path: "test.jsonc", text } });
  const threats: Threat[] = [];
  const log: string[] = [];
  const draining = new AbortController();
  const compile = (rules: readonly Rule[]) =>
    (compiled ??= { set: compileRules(rules), rules }).set;
  const proxy = buildProxy({
    config: resolved,
    userRules: [],
    knownSecrets: undefined,
    extraRoots: [],
    port: 0,
    sharesPort: false,
    maxConnections: 1,
    caCertDer: certDer,
    caPrivateKey: privateKey,
    fingerprintKey: new Uint8Array(32).fill(7),
  }, {
    post: (message) => {
      if (message.kind === "log") log.push(message.message);
      if (message.kind === "evidence") threats.push(...message.threats);
    },
    limits: DEFAULT_LIMITS,
    port: 1,
    draining: draining.signal,
    compile,
  });
  return {
    proxy,
    rules: compiled!.rules,
    threats,
    log,
    [Symbol.dispose]() {
      proxy.pool[Symbol.dispose]();
      proxy.deadlines[Symbol.dispose]();
      proxy.evidence[Symbol.dispose]();
    },
  };
}

/** How a body comes. */
export interface FilteredBodyOptions {
  readonly direction?: Direction;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Makes the filter that the proxy's mode asks for, for an exchange of its own. */
export function openFilter(
  proxy: Proxy,
  { direction = "outbound", headers = {} }: FilteredBodyOptions = {},
): BodyFilter {
  const exchange = new Exchange(proxy, {
    source: "127.0.0.1",
    protocol: "http",
    origin: { scheme: "http", host: "origin.example", port: 80 },
    method: "POST",
    url: "http://origin.example/",
    isIntercepted: false,
  });
  return bodyFilter(proxy, exchange, {
    direction,
    headers: HeaderList.from(Object.entries(headers)),
  });
}

/** Passes a body, in pieces, through the filter that the proxy's mode asks for. */
export async function passFilter(
  proxy: Proxy,
  pieces: readonly Uint8Array[],
  options: FilteredBodyOptions = {},
): Promise<FilteredBody> {
  const filter = openFilter(proxy, options);
  const released: number[] = [];
  try {
    for (const piece of pieces) {
      // Valid until `settle()` only: what a filter kept of it would show.
      const volatile = piece.slice();
      released.push(...await filter.push(volatile));
      await filter.settle();
      volatile.fill(0x23);
    }
    released.push(...await filter.end() ?? []);
    await filter.settle();
  } catch (error) {
    if (!(error instanceof BlockedError)) throw error;
    return { released: Uint8Array.from(released), blocked: error };
  } finally {
    filter.close();
  }
  return { released: Uint8Array.from(released), blocked: undefined };
}
