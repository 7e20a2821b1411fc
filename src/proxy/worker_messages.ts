/** What the monitor and a data worker say to each other. Everything here can be cloned. */
import type { Config } from "../config.ts";
import type { LogLevel } from "../log.ts";
import type { UserRule } from "../rules/user_rule.ts";
import type { KnownSecretSet } from "../scan/known_secrets.ts";
import type { RequestRecord } from "../threats/request_log.ts";
import type { Threat } from "../threats/threat.ts";
import type { HostCoverage } from "./coverage.ts";
import type { Counters } from "./counters.ts";

/** What a running worker can be told anew. */
export interface ProxySettings {
  readonly config: Config;
  /** A person's own rules. */
  readonly userRules: readonly UserRule[];
  /** Fingerprints of values that must not leave; undefined: none are known. */
  readonly knownSecrets: KnownSecretPrints | undefined;
  /** PEM roots besides the system's. */
  readonly extraRoots: readonly string[];
}

/** Known secrets, by fingerprints alone, and the key these were made with. */
export interface KnownSecretPrints {
  readonly set: KnownSecretSet;
  readonly digestKey: Uint8Array;
}

/** All a worker is ever told of the world: it looks nothing up. */
export interface WorkerSetup extends ProxySettings {
  /** The port to listen on; 0 takes a free one, which `listening` then names. */
  readonly port: number;
  /** Whether other workers listen on the same port. */
  readonly sharesPort: boolean;
  /** This worker's part of `max_connections`. */
  readonly maxConnections: number;
  readonly caCertDer: Uint8Array<ArrayBuffer>;
  /** Not extractable: the worker can sign with it and not read it. */
  readonly caPrivateKey: CryptoKey;
  readonly fingerprintKey: Uint8Array;
}

/** From the monitor. */
export type ToWorker =
  | { readonly kind: "setup"; readonly setup: WorkerSetup }
  /** Other settings; answered with `reloaded` or `reload_failed`. */
  | { readonly kind: "reload"; readonly settings: ProxySettings }
  /** A batch was dealt with: the queue has room again. */
  | { readonly kind: "taken" }
  /** Accept no more, finish what runs within `withinMs`, then say `drained`. */
  | { readonly kind: "drain"; readonly withinMs: number };

/** From the worker. */
export type FromWorker =
  | { readonly kind: "listening"; readonly port: number }
  /** The name is that of one of `Deno.errors`, where it is one. */
  | { readonly kind: "failed"; readonly name: string; readonly message: string }
  | ({ readonly kind: "evidence" } & EvidenceBatch)
  | { readonly kind: "log"; readonly level: LogLevel; readonly message: string }
  | { readonly kind: "reloaded" }
  | { readonly kind: "reload_failed"; readonly message: string }
  | { readonly kind: "drained" };

/** Threats and records since the last batch, and how the counters stand. */
export interface EvidenceBatch {
  readonly threats: readonly Threat[];
  readonly records: readonly RequestRecord[];
  readonly counters: Readonly<Counters>;
  /** Counted since the last batch. */
  readonly coverage: readonly (readonly [host: string, counts: Readonly<HostCoverage>])[];
  /** By entry of `suppress`, since the settings were loaded. */
  readonly suppressionHits: readonly number[];
}
