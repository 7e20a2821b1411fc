/**
 * Lines → the end of a file, whole or not at all. The one door to the disk for `threat_log.ts` and
 * `request_log.ts`; knows nothing of what the lines say.
 *
 * Each batch is one `write` to a descriptor opened for appending, which POSIX makes atomic in place:
 * two writers never mix lines. A line torn by a crash or by a full disk is closed off: the next
 * batch begins on a fresh line. A batch that another writer is just writing looks torn, too: then an
 * empty line stands between, which readers pass over. What was written survives a crash of this process, not one of the
 * machine: there is no `fsync` (5 ms a call on this project's test machine).
 */

/** Mode of every log: the owner only. */
const FILE_MODE = 0o600;
const NEWLINE = 0x0a;

/** An append-only file that follows its path: rotated away or deleted, it is opened anew. */
export class LineFile implements Disposable {
  readonly path: string;
  /** Undefined before the first write and after a failure. */
  #file: Deno.FsFile | undefined;
  /** Of the open file, by which a path that leads elsewhere by now is noticed. */
  #inode: number | null = null;
  #isTorn = false;

  constructor(path: string) {
    this.path = path;
  }

  /**
   * Appends `lines` (each without its newline) in one write. A write that fails may leave part of the batch in the
   * file; the rest of that line is closed off by the next one. Who appends the batch again may so write its first
   * lines twice, but loses none.
   *
   * @throws {Error} from the file system: no space, no right, no such directory. A later call
   * tries again.
   */
  append(lines: readonly string[]): void {
    const text = lines.map((line) => `${line}\n`).join("");
    try {
      const file = this.#open();
      const bytes = new TextEncoder().encode(this.#isTorn ? `\n${text}` : text);
      const written = file.writeSync(bytes);
      // A full disk takes a part; the rest then fails with its true reason.
      if (written < bytes.length) {
        this.#isTorn = true;
        writeAll(file, bytes.subarray(written));
      }
      this.#isTorn = false;
    } catch (error) {
      this.#close();
      throw error;
    }
  }

  /** Size of the file in bytes, 0 where there is none yet. */
  size(): number {
    return statOrUndefined(this.path)?.size ?? 0;
  }

  /** Closes the descriptor; a later `append` opens it again. */
  [Symbol.dispose](): void {
    this.#close();
  }

  #open(): Deno.FsFile {
    if (this.#file !== undefined && statOrUndefined(this.path)?.ino === this.#inode) {
      return this.#file;
    }
    this.#close();
    const file = Deno.openSync(this.path, {
      read: true,
      append: true,
      create: true,
      mode: FILE_MODE,
    });
    this.#file = file;
    const { ino, size } = file.statSync();
    this.#inode = ino;
    this.#isTorn = size > 0 && lastByte(file, size) !== NEWLINE;
    return file;
  }

  #close(): void {
    this.#file?.close();
    this.#file = undefined;
  }
}

function writeAll(file: Deno.FsFile, bytes: Uint8Array): void {
  for (let at = 0; at < bytes.length;) at += file.writeSync(bytes.subarray(at));
}

function lastByte(file: Deno.FsFile, size: number): number | undefined {
  const byte = new Uint8Array(1);
  file.seekSync(size - 1, Deno.SeekMode.Start);
  return file.readSync(byte) === 1 ? byte[0] : undefined;
}

/** Describes the file at `path`, undefined where there is none. @throws {Error} on other failures. */
export function statOrUndefined(path: string): Deno.FileInfo | undefined {
  try {
    return Deno.statSync(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}
