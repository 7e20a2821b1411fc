/** The bench's results as markdown: the table, and the bars with what was reached. */
import type { Measurement } from "./measurement.ts";
import { type Scenario, SCENARIOS } from "./scenarios.ts";

/** Results by scenario, then by contestant. */
export type Results = ReadonlyMap<Scenario["id"], ReadonlyMap<string, Measurement>>;

const OURS = "ClawSec Monitor";
const HEADINGS = [
  "Load",
  "Through",
  "req/s",
  "ClawSec ÷ it",
  "p50 ms",
  "p99 ms",
  "MB/s",
  "CPU s / 1,000",
  "RSS MB",
];

/** Makes the table. */
export function resultTable(results: Results): string {
  const rows = SCENARIOS.flatMap(({ id, title }) =>
    [...results.get(id) ?? []].map(([name, cell]) => {
      const ours = results.get(id)?.get(OURS);
      const failed = cell.errors === 0 ? "" : ` (${cell.errors} errors)`;
      const isPeer = name !== OURS && ours !== undefined && cell.requestsPerSecond > 0;
      return [
        title,
        name,
        cell.requestsPerSecond.toFixed(0) + failed,
        isPeer ? (ours.requestsPerSecond / cell.requestsPerSecond).toFixed(2) : "",
        cell.p50Ms.toFixed(2),
        cell.p99Ms.toFixed(2),
        cell.megabytesPerSecond.toFixed(1),
        cell.cpuSeconds?.toFixed(3) ?? "–",
        cell.rssMegabytes?.toFixed(0) ?? "–",
      ];
    })
  );
  return markdown(HEADINGS, rows, 2);
}

/** Makes a markdown table; columns from `numbersFrom` on are aligned to the right. */
export function markdown(
  headings: readonly string[],
  rows: readonly (readonly string[])[],
  numbersFrom: number,
): string {
  const rule = headings.map((_, column) => column < numbersFrom ? "---" : "---:");
  return [headings, rule, ...rows].map((cells) => `| ${cells.join(" | ")} |`).join("\n");
}

/** A bar, what was measured, and whether that reaches it. */
export interface Bar {
  readonly text: string;
  readonly measured: string;
  readonly isReached: boolean;
}

/** Makes the table of bars. */
export function barTable(bars: readonly Bar[]): string {
  const rows = bars.map(({ text, measured, isReached }) => [
    text,
    measured,
    isReached ? "yes" : "**no**",
  ]);
  return markdown(["Bar", "Measured", "Reached"], rows, 3);
}

const RATIOS: readonly {
  readonly id: Scenario["id"];
  readonly peer: string;
  readonly atLeast: number;
}[] = [
  { id: "plain", peer: "Squid", atLeast: 2 },
  { id: "decrypted", peer: "Squid", atLeast: 1.5 },
  { id: "new", peer: "Squid", atLeast: 3 },
  { id: "post", peer: "Squid", atLeast: 1 },
  { id: "plain", peer: "mitmproxy", atLeast: 10 },
  { id: "decrypted", peer: "mitmproxy", atLeast: 10 },
  { id: "new", peer: "mitmproxy", atLeast: 10 },
];

const DELAYS: readonly {
  readonly id: Scenario["id"];
  readonly figure: "p50Ms" | "p99Ms";
  readonly atMost: number;
}[] = [
  { id: "paced", figure: "p50Ms", atMost: 0.5 },
  { id: "paced", figure: "p99Ms", atMost: 3 },
  { id: "pacedTls", figure: "p50Ms", atMost: 0.5 },
  { id: "pacedTls", figure: "p99Ms", atMost: 3 },
  { id: "events", figure: "p50Ms", atMost: 1 },
];

/** Compares the results with the bars; a bar whose peer is missing is left out. */
export function barsOf(results: Results): readonly Bar[] {
  const cell = (id: Scenario["id"], name: string) => results.get(id)?.get(name);
  const title = (id: Scenario["id"]) => SCENARIOS.find((each) => each.id === id)?.title ?? id;
  const bars: Bar[] = [];
  for (const { id, peer, atLeast } of RATIOS) {
    const ours = cell(id, OURS);
    const theirs = cell(id, peer);
    if (ours === undefined || theirs === undefined) continue;
    const ratio = ours.requestsPerSecond / theirs.requestsPerSecond;
    const text = `${title(id)}: ≥ ${atLeast} × ${peer}`;
    bars.push({ text, measured: `${ratio.toFixed(2)} ×`, isReached: ratio >= atLeast });
  }
  for (const { id, figure, atMost } of DELAYS) {
    const ours = cell(id, OURS);
    const direct = cell(id, "direct");
    if (ours === undefined || direct === undefined) continue;
    const added = ours[figure] - direct[figure];
    const text = `${title(id)}: ${figure.slice(0, 3)} ≤ ${atMost} ms over direct`;
    bars.push({ text, measured: `${added.toFixed(2)} ms`, isReached: added <= atMost });
  }
  return bars;
}
