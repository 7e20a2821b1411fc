/** What a process and all below it have used, read from `/proc`: Linux only. */

/** Used so far. */
export interface ProcessUsage {
  /** User and system time of what still runs. */
  readonly cpuSeconds: number;
  /** Resident now; pages that processes share count for each. */
  readonly rssBytes: number;
}

/** Kernels give times in hundredths of a second to programs, whatever they use inside. */
const TICKS_PER_SECOND = 100;

/** Adds up `pid` and its descendants; undefined where there is no `/proc`. */
export function processUsage(pid: number): ProcessUsage | undefined {
  const stats = new Map<number, Stat>();
  try {
    for (const { name } of Deno.readDirSync("/proc")) {
      const stat = /^\d+$/.test(name) ? readStat(Number(name)) : undefined;
      if (stat !== undefined) stats.set(Number(name), stat);
    }
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
  let cpuSeconds = 0;
  let rssBytes = 0;
  for (const [each, { ticks, rssPages }] of stats) {
    if (!descends(each, pid, stats)) continue;
    cpuSeconds += ticks / TICKS_PER_SECOND;
    rssBytes += rssPages * 4_096;
  }
  return { cpuSeconds, rssBytes };
}

/** User and system time of each thread of `pid` so far, seconds, by thread id; empty without `/proc`. */
export function threadSeconds(pid: number): ReadonlyMap<string, number> {
  const seconds = new Map<string, number>();
  try {
    for (const { name } of Deno.readDirSync(`/proc/${pid}/task`)) {
      const { ticks } = readStat(pid, `/task/${name}`) ?? { ticks: 0 };
      seconds.set(name, ticks / TICKS_PER_SECOND);
    }
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
  return seconds;
}

interface Stat {
  readonly parent: number;
  readonly ticks: number;
  readonly rssPages: number;
}

/** Undefined if it has ended meanwhile. */
function readStat(pid: number, part = ""): Stat | undefined {
  try {
    const text = Deno.readTextFileSync(`/proc/${pid}${part}/stat`);
    // The name, second and in parentheses, may hold anything: fields are counted from its end.
    const fields = text.slice(text.lastIndexOf(")") + 2).split(" ").map(Number);
    const [, parent = 0] = fields;
    return { parent, ticks: (fields[11] ?? 0) + (fields[12] ?? 0), rssPages: fields[21] ?? 0 };
  } catch {
    return undefined;
  }
}

function descends(pid: number, ancestor: number, stats: ReadonlyMap<number, Stat>): boolean {
  for (let each = pid; each > 0; each = stats.get(each)?.parent ?? 0) {
    if (each === ancestor) return true;
  }
  return false;
}
