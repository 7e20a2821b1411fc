/** A data worker that can be made to die: the message `die` is an error that nothing in it catches. */
import "../../src/proxy/data_worker.ts";

/** The part of a worker's global scope that is used here; types know that of a window. */
interface WorkerScope {
  addEventListener(
    type: "message",
    listener: (event: MessageEvent<{ readonly kind: string }>) => void,
  ): void;
}

(globalThis as unknown as WorkerScope).addEventListener("message", ({ data }) => {
  if (data.kind === "die") throw new Error("told to die");
});
