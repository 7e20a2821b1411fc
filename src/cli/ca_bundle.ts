/**
 * The system's roots and the proxy's CA → `ca-bundle.crt`, for the variables that replace a
 * runtime's roots (`SSL_CERT_FILE`). Written anew at each start, so that it follows the system's.
 */
import { dirname, join } from "node:path";

/** A bundle has some 200 KB; more is no bundle. */
const MAX_ROOTS_BYTES = 16_777_216;
/** Certificates are public; `log_dir` is closed anyway, and a container may mount the file alone. */
const BUNDLE_MODE = 0o644;

/** Where systems keep their roots in one file, as Go looks for them (crypto/x509/root_linux.go). */
const SYSTEM_ROOTS = [
  "/etc/ssl/certs/ca-certificates.crt", // Debian, Ubuntu, Arch, Gentoo
  "/etc/pki/tls/certs/ca-bundle.crt", // Fedora, RHEL 6
  "/etc/ssl/ca-bundle.pem", // openSUSE
  "/etc/pki/tls/cacert.pem", // OpenELEC
  "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem", // RHEL 7 and later
  "/etc/ssl/cert.pem", // Alpine, macOS, OpenBSD
  "/usr/local/etc/ssl/cert.pem", // FreeBSD
];

/** Settings of `writeCaBundle()`. */
export interface CaBundleOptions {
  /** Candidates for the file of roots, best first. @default the places of the known systems */
  readonly systemRoots?: readonly string[];
}

/** What was written. */
export interface CaBundle {
  readonly path: string;
  /** The file the system's roots came from. Undefined: none was found, the bundle holds ours only. */
  readonly systemRoots: string | undefined;
}

/** The path of the bundle in `logDir`. */
export function caBundlePath(logDir: string): string {
  return join(logDir, "ca-bundle.crt");
}

/**
 * Writes the bundle beside `caFile`, in one step: a reader sees the old one or the new one.
 *
 * @throws {Error} from the file system, if `caFile` cannot be read or the bundle not be written.
 */
export async function writeCaBundle(
  caFile: string,
  options: CaBundleOptions = {},
): Promise<CaBundle> {
  const ours = await Deno.readTextFile(caFile);
  const path = caBundlePath(dirname(caFile));
  const temporary = `${path}.tmp`;
  const roots = await readFirst(options.systemRoots ?? SYSTEM_ROOTS);
  await Deno.writeTextFile(temporary, `${roots?.text ?? ""}${ours}`, { mode: BUNDLE_MODE });
  await Deno.rename(temporary, path);
  return { path, systemRoots: roots?.path };
}

async function readFirst(
  paths: readonly string[],
): Promise<{ readonly path: string; readonly text: string } | undefined> {
  for (const path of paths) {
    try {
      if ((await Deno.stat(path)).size > MAX_ROOTS_BYTES) continue;
      const text = await Deno.readTextFile(path);
      if (text.includes("-----BEGIN ")) return { path, text: `${text.trimEnd()}\n` };
    } catch (error) {
      // Not this system's place, or one that a narrowed `--allow-read` leaves out.
      const isElsewhere = error instanceof Deno.errors.NotFound ||
        error instanceof Deno.errors.NotCapable || error instanceof Deno.errors.PermissionDenied;
      if (!isElsewhere) throw error;
    }
  }
  return undefined;
}
