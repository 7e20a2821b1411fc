/**
 * ClawSec Monitor by itself: how soon it accepts, what it holds with many connections and after many
 * requests, and whether a request costs more when there are more connections.
 */
import { waitFor } from "../support/wait_for.ts";
import { startClawsec } from "../support/start_clawsec.ts";
import { RawClient } from "../support/raw_client.ts";
import type { RunLoad } from "./load_generator.ts";
import { processUsage, threadSeconds } from "./process_usage.ts";
import type { Bar } from "./report.ts";
import type { BenchOrigin } from "./start_bench_origin.ts";
import { clawsecConfig } from "./start_contestants.ts";
import { accepts, freePort } from "./started_program.ts";

const STARTS = 5;
const IDLE_CONNECTIONS = 300;
const REQUESTS = 100_000;
const DOWNLOADS = 5_000;
const CONNECTION_COUNTS = [1, 10, 64, 300, 1_000];

/** What is needed to measure. */
export interface MeasureAloneOptions {
  readonly origin: BenchOrigin;
  readonly runLoad: RunLoad;
  /** What is posted. */
  readonly bodyFile: string;
  /** Of each step with connections. */
  readonly seconds: number;
}

/** Measures all of it; some bars need `/proc` and are left out without. */
export async function measureAlone(options: MeasureAloneOptions): Promise<readonly Bar[]> {
  const { origin } = options;
  const bars = [await startBar(origin), await workersBar(options)];
  await using clawsec = await startClawsec({ config: clawsecConfig(origin.caFile) });
  if (processUsage(clawsec.pid) === undefined) return bars;
  const proxy = { port: clawsec.port, pid: clawsec.pid };
  bars.push(await idleBar(proxy, origin));
  bars.push(...await memoryBars(proxy, options));
  bars.push(await costBar(proxy, options));
  return bars;
}

interface Proxy {
  readonly port: number;
  readonly pid: number;
}

async function startBar({ caFile }: BenchOrigin): Promise<Bar> {
  const timesMs: number[] = [];
  for (let start = 0; start < STARTS; start++) timesMs.push(await timeStart(caFile));
  timesMs.sort((left, right) => left - right);
  const medianMs = timesMs[Math.floor(STARTS / 2)] ?? 0;
  const all = timesMs.map((each) => each.toFixed(0)).join(", ");
  return {
    text: "start to accepting: ≤ 400 ms",
    measured: `${medianMs.toFixed(0)} ms (${all})`,
    isReached: medianMs <= 400,
  };
}

async function timeStart(caFile: string): Promise<number> {
  const port = freePort();
  const beginMs = performance.now();
  const starting = startClawsec({ config: { ...clawsecConfig(caFile), proxy_port: port } });
  const [clawsec, acceptedMs] = await Promise.all([
    starting,
    waitFor(async () => await accepts(port) && performance.now(), { what: "the proxy to accept" }),
  ]);
  await clawsec[Symbol.asyncDispose]();
  return acceptedMs - beginMs;
}

/** Bodies of 64 KiB keep the proxy busy; one worker, then two. */
async function workersBar(options: MeasureAloneOptions): Promise<Bar> {
  const one = await loadWorkers(1, options);
  const two = await loadWorkers(2, options);
  const ratio = two.requestsPerSecond / one.requestsPerSecond;
  const shares = two.busiest.map((seconds) => `${seconds.toFixed(1)} s`).join(" and ");
  return {
    text: "64 KiB POST, 2 workers: more than with 1, on both",
    measured: `${ratio.toFixed(2)} ×; the busiest threads took ${shares}`,
    isReached: ratio > 1 && (two.busiest[1] ?? 0) > (two.busiest[0] ?? 0) / 3,
  };
}

async function loadWorkers(
  workers: number,
  { origin, runLoad, bodyFile, seconds }: MeasureAloneOptions,
): Promise<{ readonly requestsPerSecond: number; readonly busiest: readonly number[] }> {
  const config = { ...clawsecConfig(origin.caFile), workers };
  await using clawsec = await startClawsec({ config });
  const load = (duration: number) =>
    runLoad({
      mode: "tunnel",
      port: clawsec.port,
      authority: `localhost:${origin.tlsPort}`,
      path: "/post",
      flags: ["-d", `${duration}`, "-p", bodyFile],
    });
  await load(1);
  const before = threadSeconds(clawsec.pid);
  const result = await load(seconds);
  const used = [...threadSeconds(clawsec.pid)].map(([thread, total]) =>
    total - (before.get(thread) ?? 0)
  );
  const busiest = used.sort((left, right) => right - left).slice(0, 2);
  return { requestsPerSecond: result.requests / result.seconds, busiest };
}

async function idleBar(proxy: Proxy, { port }: BenchOrigin): Promise<Bar> {
  const authority = `localhost:${port}`;
  const clients = new Set<RawClient>();
  try {
    for (let count = 0; count < IDLE_CONNECTIONS; count++) {
      const client = await RawClient.connect(proxy.port);
      clients.add(client);
      await client.ask(`GET http://${authority}/small HTTP/1.1\r\nHost: ${authority}\r\n\r\n`);
    }
    const megabytes = rssMegabytes(proxy);
    return {
      text: `RSS at ${IDLE_CONNECTIONS} connections: ≤ 150 MB`,
      measured: `${megabytes.toFixed(0)} MB`,
      isReached: megabytes <= 150,
    };
  } finally {
    for (const client of clients) client.close();
  }
}

async function memoryBars(proxy: Proxy, options: MeasureAloneOptions): Promise<readonly Bar[]> {
  const { origin, runLoad } = options;
  const authority = `localhost:${origin.tlsPort}`;
  const load = (path: string, count: number) =>
    runLoad({ mode: "tunnel", port: proxy.port, authority, path, flags: ["-n", `${count}`] });
  // Warm: code compiled, pools filled, the heap at the size of this traffic.
  await load("/small", REQUESTS / 5);
  await load("/large", DOWNLOADS / 10);
  const before = rssMegabytes(proxy);
  const bars: Bar[] = [];
  const add = (what: string) => {
    const after = rssMegabytes(proxy);
    bars.push({
      text: `RSS after ${what}: + ≤ 10 %`,
      measured: `${before.toFixed(0)} → ${after.toFixed(0)} MB`,
      isReached: after <= before * 1.1,
    });
  };
  await load("/small", REQUESTS);
  add("100,000 requests");
  await load("/large", DOWNLOADS);
  add("5 GB more");
  return bars;
}

async function costBar(proxy: Proxy, options: MeasureAloneOptions): Promise<Bar> {
  const { origin, runLoad, seconds } = options;
  const costs: number[] = [];
  for (const count of CONNECTION_COUNTS) {
    const before = processUsage(proxy.pid)?.cpuSeconds ?? 0;
    const { requests } = await runLoad({
      mode: "absolute",
      port: proxy.port,
      authority: `localhost:${origin.port}`,
      path: "/small",
      flags: ["-c", `${count}`, "-d", `${seconds}`],
    });
    costs.push(((processUsage(proxy.pid)?.cpuSeconds ?? 0) - before) / requests * 1e6);
  }
  const [first = 0] = costs;
  return {
    text: `CPU µs a request at ${CONNECTION_COUNTS.join(", ")} connections: never above the first`,
    measured: costs.map((each) => each.toFixed(0)).join(", "),
    isReached: costs.every((each) => each <= first),
  };
}

function rssMegabytes({ pid }: Proxy): number {
  return (processUsage(pid)?.rssBytes ?? 0) / 1e6;
}
