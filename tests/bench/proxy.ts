/**
 * `deno run --allow-all tests/bench/proxy.ts [--seconds N] [--rounds N] [--part compare|alone]`: ClawSec
 * Monitor beside Squid and mitmproxy on this machine in one run, then by itself; prints markdown.
 *
 * Installs nothing: a peer that is missing is left out by name. All run at the same time, one is loaded at a
 * time, and the rounds are interleaved so that a machine that becomes slower does so for all. Everything
 * listens on 127.0.0.1 and keeps its files in a temporary directory; what is started here is ended here.
 */
import { parseArgs } from "node:util";
import { temporaryDirectory } from "../support/temporary_directory.ts";
import { buildLoadGenerator } from "./load_generator.ts";
import { measureAlone } from "./measure_alone.ts";
import { logBar, measureGrowth } from "./measure_growth.ts";
import { combine, measure, type Measurement } from "./measurement.ts";
import { barsOf, barTable, type Results, resultTable } from "./report.ts";
import { jsonText } from "./sample_json.ts";
import { type LoadOfOptions, SCENARIOS } from "./scenarios.ts";
import { startBenchOrigin } from "./start_bench_origin.ts";
import { startContestants, type StartContestantsOptions } from "./start_contestants.ts";
import type { RunLoad } from "./load_generator.ts";

const DEFAULT_SECONDS = "3";
const DEFAULT_ROUNDS = "3";
/** Compiles the code of the path before it is measured, for all alike. */
const WARM_UP_SECONDS = 1;

/** Runs the bench and prints its report. */
async function main(): Promise<void> {
  const { seconds, rounds, part } = readArguments(Deno.args);
  await using directory = await temporaryDirectory();
  const runLoad = await buildLoadGenerator(directory.path);
  const bodyFile = `${directory.path}/body.json`;
  await Deno.writeTextFile(bodyFile, jsonText(65_536));
  await using origin = await startBenchOrigin(directory.path);
  const options = { origin, bodyFile, seconds, runLoad, rounds };
  if (part !== "alone") {
    const results = await compare({ directory: directory.path, caFile: origin.caFile }, options);
    console.log(`
${await machine()}. Origin: ${origin.name}, on the same machine as the load generator. 64 connections,
1 KiB answers unless it says otherwise; median of ${rounds} interleaved rounds of ${seconds} s.

${resultTable(results)}

${barTable(barsOf(results))}`);
  }
  if (part === "compare") return;
  const bars = [...await measureAlone(options), await logBar()];
  console.log(`\n${barTable(bars)}\n\n${await measureGrowth()}`);
}

interface CompareOptions extends LoadOfOptions {
  readonly runLoad: RunLoad;
  readonly rounds: number;
}

async function compare(
  start: StartContestantsOptions,
  options: CompareOptions,
): Promise<Results> {
  await using contestants = await startContestants(start);
  for (const name of contestants.missing) console.error(`Left out, not installed: ${name}`);
  const cells = new Map(SCENARIOS.map(({ id }) => [id, new Map<string, Measurement[]>()]));
  for (let round = 0; round < options.rounds; round++) {
    for (const scenario of SCENARIOS) {
      for (const contestant of contestants.present) {
        const { name } = contestant;
        const warmUp = { ...options, seconds: WARM_UP_SECONDS };
        if (round === 0) await measure(scenario, contestant, warmUp);
        const cell = await measure(scenario, contestant, options);
        const rate = cell.requestsPerSecond.toFixed(0);
        console.error(`round ${round + 1}, ${scenario.title}, ${name}: ${rate} req/s`);
        const row = cells.get(scenario.id);
        row?.set(name, [...row.get(name) ?? [], cell]);
      }
    }
  }
  return new Map([...cells].map(([id, row]) => [
    id,
    new Map([...row].map(([name, rounds]) => [name, combine(rounds)])),
  ]));
}

interface BenchArguments {
  readonly seconds: number;
  readonly rounds: number;
  /** What is measured: beside the peers, or what takes longest, memory, by itself. */
  readonly part: "all" | "compare" | "alone";
}

function readArguments(args: readonly string[]): BenchArguments {
  const { values } = parseArgs({
    args: [...args],
    options: {
      seconds: { type: "string", default: DEFAULT_SECONDS },
      rounds: { type: "string", default: DEFAULT_ROUNDS },
      part: { type: "string", default: "all" },
    },
  });
  const seconds = Number(values.seconds);
  const rounds = Number(values.rounds);
  if (!(seconds > 0)) {
    throw new RangeError(`Cannot run for "${values.seconds}" seconds: must be > 0`);
  }
  if (!(Number.isInteger(rounds) && rounds > 0)) {
    throw new RangeError(`Cannot run "${values.rounds}" rounds: must be a whole number > 0`);
  }
  const { part } = values;
  if (part !== "all" && part !== "compare" && part !== "alone") {
    throw new RangeError(`Cannot run part "${part}": must be all, compare or alone`);
  }
  return { seconds, rounds, part };
}

/** Names processor, cores and versions. */
async function machine(): Promise<string> {
  const cores = `${navigator.hardwareConcurrency} cores`;
  const engine = `Deno ${Deno.version.deno}`;
  const load = `load ${Deno.loadavg()[0]?.toFixed(1)} at the end`;
  let model: string = Deno.build.arch;
  try {
    const text = await Deno.readTextFile("/proc/cpuinfo");
    model = /^model name\s*: (.*)$/m.exec(text)?.[1] ?? model;
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
  return `${model}, ${cores}, ${Deno.build.os}, ${engine}, ${load}`;
}

await main();
