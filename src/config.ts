/** Every setting: meaning, unit, default, limits. */

/** Resolved and frozen settings. Keys in the file are the same names in snake_case. */
export interface Config {
  /** Address to listen on. @default {"127.0.0.1"} */
  readonly proxyHost: string;
  /** 0 takes a free port. @default {8888} */
  readonly proxyPort: number;
  /** Absolute directory for the CA, the logs and the control socket. @default {"/tmp/clawsec"} */
  readonly logDir: string;
  /** @default {"INFO"} */
  readonly logLevel: "DEBUG" | "INFO" | "WARNING" | "ERROR";
  /** Bytes of one message held at a time while scanning. @default {65536} */
  readonly maxScanBytes: number;
  /** Whether TLS inside CONNECT is decrypted. @default {true} */
  readonly enableMitm: boolean;
  /** Seconds in which the same threat is written once. @default {60} */
  readonly dedupWindowSecs: number;
  /** @default {"monitor"} */
  readonly mode: "monitor" | "block";
  /** @default {true} */
  readonly enableSshWatcher: boolean;
  /** Seconds. @default {5} */
  readonly sshPollInterval: number;
  /** Hosts or addresses that may be reached by SSH. @default {[]} */
  readonly sshKnownHosts: readonly string[];
  /** PEM file of extra roots for TLS to origins; undefined: system roots only. */
  readonly upstreamCaFile: string | undefined;
  /** Host suffixes tunnelled without decryption. @default {[]} */
  readonly mitmBypass: readonly string[];
  /** Data workers; 0: one a core (Linux). @default {1} */
  readonly workers: number;
  /** Client connections served at a time. @default {4096} */
  readonly maxConnections: number;
  /** Inspected TCP/WebSocket forwards. @default {[]} */
  readonly gateways: readonly GatewayConfig[];
}

/** One inspected forward: `listen` and `target` are `host:port`. */
export interface GatewayConfig {
  readonly listen: string;
  readonly target: string;
}
