/** A data worker that can be made to die: the message `die` is an error that nothing in it catches. */
import "../../src/proxy/data_worker.ts";

addEventListener("message", ({ data }: MessageEvent<{ readonly kind: string }>) => {
  if (data.kind === "die") throw new Error("told to die");
});
