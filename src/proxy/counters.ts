/** What a data worker counts, for `status`. */

/** Counts since the worker began; all but `activeConnections` only grow. */
export interface Counters {
  connections: number;
  activeConnections: number;
  requests: number;
  intercepted: number;
  tunnelled: number;
  blocked: number;
  /** Findings that the setting `suppress` names as harmless. */
  suppressedFindings: number;
  /** Messages of which something could not be decoded. */
  undecodable: number;
  /** Request records that did not fit the queue to the monitor. */
  droppedRequestRecords: number;
  /** Bytes of heads and bodies, to origins and from them. */
  bytesOut: number;
  bytesIn: number;
  scannedBytes: number;
  unscannedBytes: number;
}

/** Makes counters that all stand at zero. */
export function newCounters(): Counters {
  return {
    connections: 0,
    activeConnections: 0,
    requests: 0,
    intercepted: 0,
    tunnelled: 0,
    blocked: 0,
    suppressedFindings: 0,
    undecodable: 0,
    droppedRequestRecords: 0,
    bytesOut: 0,
    bytesIn: 0,
    scannedBytes: 0,
    unscannedBytes: 0,
  };
}

/** Adds up the counters of several workers. */
export function sumCounters(all: Iterable<Readonly<Counters>>): Counters {
  const sum = newCounters();
  for (const counters of all) {
    for (const key of Object.keys(sum) as (keyof Counters)[]) sum[key] += counters[key];
  }
  return sum;
}
