/** The three ways in which the bytes of a streaming case arrive, and how each is fed to a parser. */
import { bytesOf } from "../support/latin1_bytes.ts";
import { deepEqual } from "node:assert/strict";
import { ByteQueue } from "../../src/http1/byte_queue.ts";
import { HttpError } from "../../src/http1/http_error.ts";

export const ARRIVALS = ["whole", "one byte at a time", "with trailing bytes"] as const;
export type Arrival = typeof ARRIVALS[number];

/** What stands behind the message; it must be there untouched when the message has been read. */
const TRAILING = bytesOf("GET /next HTTP/1.1\r\n");

/** Makes one latin1 character of each byte. */
export function textOf(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => String.fromCharCode(byte)).join("");
}

/**
 * Calls `read` on a growing queue until it returns a value, and checks that what follows the
 * message stays in the queue; `undefined` when all bytes were not enough.
 */
export function readArriving<T>(
  arrival: Arrival,
  message: Uint8Array,
  read: (queue: ByteQueue) => T | undefined,
): T | undefined {
  const queue = new ByteQueue();
  if (arrival !== "one byte at a time") {
    queue.append(message);
    if (arrival === "with trailing bytes") queue.append(TRAILING);
    const value = read(queue);
    const expected = arrival === "with trailing bytes" ? TRAILING : new Uint8Array(0);
    if (value !== undefined) deepEqual(queue.take(queue.length), expected);
    return value;
  }
  for (let i = 0; i < message.length; i++) {
    queue.append(message.subarray(i, i + 1));
    const value = read(queue);
    if (value === undefined) continue;
    deepEqual([i + 1, queue.length], [message.length, 0], "the message ends where it should");
    return value;
  }
  return undefined;
}

/** Calls `run` and gives the HttpError it throws; `undefined` when it throws nothing. */
export function refusalOf(run: () => unknown): HttpError | undefined {
  try {
    run();
  } catch (error) {
    if (error instanceof HttpError) return error;
    throw error;
  }
  return undefined;
}
