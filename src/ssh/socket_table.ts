/**
 * The text of `ss -tnp` or `netstat -tn` → TCP connections. Pure; one parser per program, both of which
 * take the output with or without its header and skip lines they do not understand: a program's next
 * version must not blind the watcher.
 *
 * macOS cuts long IPv6 addresses (`2606:50c0:8000:1.22`); they are kept as they stand, so that the
 * connection is seen, though such a host cannot be recognised as a known one.
 */
import { isIP } from "node:net";

/** One end of a connection. */
export interface Endpoint {
  /** Without brackets; IPv4-mapped IPv6 as IPv4; a scope (`%eth0`) only on link-local ones. */
  readonly address: string;
  readonly port: number;
}

/** A process that holds a socket. */
export interface SocketProcess {
  /** As the kernel has it: at most 15 characters, chosen by the process itself. */
  readonly name: string;
  readonly pid: number;
}

/** A connection that is open or being opened. */
export interface TcpConnection {
  readonly local: Endpoint;
  readonly remote: Endpoint;
  /** Absent where the program does not tell, or may not know. */
  readonly process?: SocketProcess;
}

const SSH_PORT = 22;

/** States in which data flows or soon will: closing connections were reported when they opened. */
const OPEN_STATES: ReadonlySet<string> = new Set([
  "ESTAB",
  "SYN-SENT",
  "ESTABLISHED",
  "SYN_SENT",
]);

/** Reads the output of `ss -tnp`, `-Htnp` too. */
export function parseSs(text: string): TcpConnection[] {
  return text.split("\n").flatMap((line) => {
    const [state = "", , , local, remote, ...rest] = line.trim().split(/\s+/);
    return connectionOf(state, local, remote, processOf(rest.join(" ")));
  });
}

/** Reads the output of `netstat -tn` of Linux (`address:port`) and of macOS (`address.port`). */
export function parseNetstat(text: string): TcpConnection[] {
  return text.split("\n").flatMap((line) => {
    const [protocol = "", , , local, remote, state = ""] = line.trim().split(/\s+/);
    return protocol.startsWith("tcp") ? connectionOf(state, local, remote, undefined) : [];
  });
}

/** Says whether this machine is the client of an SSH connection. */
export function isOutboundSsh(connection: TcpConnection): boolean {
  return connection.remote.port === SSH_PORT && connection.local.port !== SSH_PORT;
}

/** Writes an endpoint as `host:port`, IPv6 in brackets. */
export function formatEndpoint({ address, port }: Endpoint): string {
  return address.includes(":") ? `[${address}]:${port}` : `${address}:${port}`;
}

/** Removes what makes one address two texts: brackets, case, the IPv4-mapped form (RFC 4291 §2.5.5.2). */
export function normalizeAddress(text: string): string {
  const address = text.replace(/^\[([^\]]*)\]/, "$1").toLowerCase();
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/.exec(address);
  return mapped?.[1] ?? address;
}

function connectionOf(
  state: string,
  local: string | undefined,
  remote: string | undefined,
  process: SocketProcess | undefined,
): TcpConnection[] {
  if (!OPEN_STATES.has(state)) return [];
  const ends = [local, remote].map(parseEndpoint);
  const [localEnd, remoteEnd] = ends;
  if (localEnd === undefined || remoteEnd === undefined) return [];
  return [{ local: localEnd, remote: remoteEnd, ...(process === undefined ? {} : { process }) }];
}

/** `1.2.3.4:22`, `[::1]:22`, `[fe80::1]%eth0:22`, `::1:22` (netstat); macOS `1.2.3.4.22`, `::1.22`. */
function parseEndpoint(text: string | undefined): Endpoint | undefined {
  const [, host = "", port = ""] = /^(.+)[:](\d+)$/.exec(text ?? "") ??
    /^(.+)\.(\d+)$/.exec(text ?? "") ?? [];
  const address = normalizeAddress(host);
  const isAddress = isIP(address.replace(/%.*$/, "")) !== 0 || /^[0-9a-f:]+$/.test(address);
  return isAddress && Number(port) <= 65_535 ? { address, port: Number(port) } : undefined;
}

/** The first of `users:(("ssh",pid=1234,fd=3),("ssh",pid=1230,fd=3))`. A name may hold quotes. */
function processOf(text: string): SocketProcess | undefined {
  const [, name, pid] = /^users:\(\("(.*?)",pid=(\d+),/.exec(text) ?? [];
  return name === undefined ? undefined : { name, pid: Number(pid) };
}
