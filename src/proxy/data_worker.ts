/**
 * The module a data worker runs: the only code that touches bytes from the network.
 *
 * It has the right to the network and to nothing else. All it knows of the world comes in one message,
 * `WorkerSetup`; what it has to say goes back as messages (`worker_messages.ts`).
 */
import type { FromWorker, ToWorker } from "./worker_messages.ts";
import { startProxy } from "./start_proxy.ts";

/** The part of a worker's global scope that is used here. */
interface WorkerScope {
  postMessage(message: FromWorker): void;
  close(): void;
  onmessage: ((event: MessageEvent<ToWorker>) => void) | null;
  addEventListener(
    type: "unhandledrejection",
    listener: (event: PromiseRejectionEvent) => void,
  ): void;
}

const scope = globalThis as unknown as WorkerScope;
const post = (message: FromWorker) => scope.postMessage(message);

let running: ReturnType<typeof startProxy> | undefined;

scope.onmessage = ({ data: message }) => {
  switch (message.kind) {
    case "setup":
      try {
        running = startProxy(message.setup, post);
        post({ kind: "listening", port: running.port });
      } catch (error) {
        const { name, message } = error instanceof Error ? error : new Error(String(error));
        post({ kind: "failed", name, message });
      }
      return;
    case "reload":
      try {
        running!.reload(message.settings);
        post({ kind: "reloaded" });
      } catch (error) {
        const { message } = error instanceof Error ? error : new Error(String(error));
        post({ kind: "reload_failed", message });
      }
      return;
    case "taken":
      running?.taken();
      return;
    case "drain":
      // Only the monitor sends this, once, after "listening".
      running!.drain(message.withinMs).then(() => post({ kind: "drained" }));
      return;
    default:
      message satisfies never;
  }
};

// `node:` streams can reject where nobody listens; one connection must not take the worker down.
scope.addEventListener("unhandledrejection", (event) => {
  event.preventDefault();
  const { reason } = event;
  const text = reason instanceof Error ? reason.stack ?? reason.message : String(reason);
  post({ kind: "log", level: "ERROR", message: `Unhandled rejection in a data worker: ${text}` });
});
