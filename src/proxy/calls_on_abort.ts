/**
 * What to call when a signal is aborted, for thousands of callers that come and go: a signal's own
 * listeners are searched one by one for each that is added or removed. At 300 idle connections that took some
 * 30 µs a request; a set doesn't notice how many there are.
 */
const callsBySignal = new WeakMap<AbortSignal, Set<() => void>>();

/**
 * The calls that `signal` will make, once each, when it is aborted: add to them and delete from them. What is
 * added later is never called.
 */
export function callsOnAbort(signal: AbortSignal): Set<() => void> {
  const known = callsBySignal.get(signal);
  if (known !== undefined) return known;
  const calls = new Set<() => void>();
  callsBySignal.set(signal, calls);
  signal.addEventListener("abort", () => {
    const all = [...calls];
    calls.clear();
    for (const call of all) call();
  }, { once: true });
  return calls;
}
