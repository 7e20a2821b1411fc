/**
 * `monitor.pid`: the number of the running monitor, for people and for service managers. Nobody in
 * this program reads it to find out whether a monitor runs, so that a stale one blocks nothing.
 */

const PID_FILE_MODE = 0o644;

/** Removes the file when it is disposed, unless another process has written its own since. */
export class PidFile implements Disposable {
  readonly #path: string;
  readonly #text: string;

  private constructor(path: string, text: string) {
    this.#path = path;
    this.#text = text;
  }

  /** Writes `pid` in one step over whatever is there; readers see all of it or what was before. */
  static async write(path: string, pid: number): Promise<PidFile> {
    const text = `${pid}\n`;
    const temporary = `${path}.tmp`;
    await Deno.writeTextFile(temporary, text, { mode: PID_FILE_MODE });
    await Deno.rename(temporary, path);
    return new PidFile(path, text);
  }

  /** Synchronous, so that a program in a hurry can do it last. */
  [Symbol.dispose](): void {
    try {
      if (Deno.readTextFileSync(this.#path) === this.#text) Deno.removeSync(this.#path);
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
    }
  }
}
