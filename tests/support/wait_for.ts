/** Waiting for something to be so, without guessing how long it takes. */

/** A person looking at a hung test gives up sooner; a loaded machine is done by then. */
const DEADLINE_MS = 20_000;
const POLL_INTERVAL_MS = 10;

/** How long to wait for what. */
export interface WaitForOptions {
  /** Completes "waited … for": `the second threat`. */
  readonly what: string;
  /** @default {20_000} */
  readonly deadlineMs?: number;
}

/**
 * Polls until `probe` returns something other than `undefined` or `false`, and resolves to that.
 *
 * @throws {Error} at the deadline, naming what was waited for.
 */
export async function waitFor<T>(
  probe: () => T | undefined | false | Promise<T | undefined | false>,
  options: WaitForOptions,
): Promise<T> {
  const { what, deadlineMs = DEADLINE_MS } = options;
  const endMs = performance.now() + deadlineMs;
  while (performance.now() < endMs) {
    const value = await probe();
    if (value !== undefined && value !== false) return value;
    await new Promise((resolve) => setTimeout(resolve, POLL_INTERVAL_MS));
  }
  throw new Error(`Waited ${deadlineMs} ms for ${what}, in vain`);
}
