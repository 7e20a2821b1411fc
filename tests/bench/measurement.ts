/** One cell of the bench: what a load through a contestant came to, and the median of several rounds. */
import type { LoadResult, RunLoad } from "./load_generator.ts";
import { processUsage } from "./process_usage.ts";
import { loadOf, type LoadOfOptions, type Scenario } from "./scenarios.ts";
import type { Contestant } from "./start_contestants.ts";

/** A cell. */
export interface Measurement {
  readonly requestsPerSecond: number;
  readonly megabytesPerSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly errors: number;
  /** Of the proxy, for a thousand requests; undefined without a proxy or `/proc`. */
  readonly cpuSeconds: number | undefined;
  /** Of the proxy, at the end of the run. */
  readonly rssMegabytes: number | undefined;
}

/** Runs one cell. */
export async function measure(
  scenario: Scenario,
  contestant: Contestant,
  options: LoadOfOptions & { readonly runLoad: RunLoad },
): Promise<Measurement> {
  const { pid } = contestant.proxy ?? {};
  const before = pid === undefined ? undefined : processUsage(pid);
  const result = await options.runLoad(loadOf(scenario, contestant, options));
  const after = pid === undefined ? undefined : processUsage(pid);
  return {
    ...rates(result),
    cpuSeconds: before === undefined || after === undefined || result.requests === 0
      ? undefined
      : (after.cpuSeconds - before.cpuSeconds) / result.requests * 1_000,
    rssMegabytes: after === undefined ? undefined : after.rssBytes / 1e6,
  };
}

function rates({ requests, seconds, bytes, p50Ms, p99Ms, errors }: LoadResult) {
  return {
    requestsPerSecond: requests / seconds,
    megabytesPerSecond: bytes / seconds / 1e6,
    p50Ms,
    p99Ms,
    errors,
  };
}

/** Combines the rounds of a cell: the median of each figure, the sum of errors, the highest memory. */
export function combine(rounds: readonly Measurement[]): Measurement {
  const of = (pick: (each: Measurement) => number | undefined) =>
    rounds.map(pick).filter((value) => value !== undefined);
  const middle = (pick: (each: Measurement) => number | undefined) => median(of(pick));
  return {
    requestsPerSecond: middle((each) => each.requestsPerSecond) ?? 0,
    megabytesPerSecond: middle((each) => each.megabytesPerSecond) ?? 0,
    p50Ms: middle((each) => each.p50Ms) ?? 0,
    p99Ms: middle((each) => each.p99Ms) ?? 0,
    errors: rounds.reduce((sum, { errors }) => sum + errors, 0),
    cpuSeconds: middle((each) => each.cpuSeconds),
    rssMegabytes: of((each) => each.rssMegabytes).reduce<number | undefined>(
      (most, each) => most === undefined || each > most ? each : most,
      undefined,
    ),
  };
}

function median(values: readonly number[]): number | undefined {
  return [...values].sort((left, right) => left - right)[Math.floor((values.length - 1) / 2)];
}
