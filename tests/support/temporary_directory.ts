/** A directory for one test. */

/** Removed, with all that is in it, when disposed of. */
export interface TemporaryDirectory extends AsyncDisposable {
  /** Absolute, links resolved (`/tmp` is one on macOS). */
  readonly path: string;
}

/** Makes an empty directory of mode 0700. Short, since a Unix socket's path has 108 bytes at most. */
export async function temporaryDirectory(): Promise<TemporaryDirectory> {
  const path = await Deno.realPath(await Deno.makeTempDir({ prefix: "clawsec-" }));
  return {
    path,
    async [Symbol.asyncDispose]() {
      await Deno.remove(path, { recursive: true });
    },
  };
}
