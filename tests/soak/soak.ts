/**
 * `deno task soak [--seconds N] [--without NAME,…]`: the real program under ordinary traffic and every abuse the tests know, for
 * ten minutes, and what it costs in memory and descriptors.
 *
 * Fails if ordinary traffic is not answered, if the program logs an error of its own, if its memory
 * grows (in runs long enough to tell), or if, once the traffic has ended, it holds more descriptors than
 * after its warm-up. Linux: it reads `/proc`.
 */
import assert from "node:assert/strict";
import { parseArgs } from "node:util";
import { gzipSync } from "node:zlib";
import { AGENT_KEY } from "../support/agent_key.ts";
import { answerRequests, ok } from "../support/answer_requests.ts";
import { connectHttp2, type Http2Origin, startHttp2Origin } from "../support/http2_client.ts";
import { RawClient } from "../support/raw_client.ts";
import { sendAndReset } from "../support/reset_client.ts";
import { latin1 } from "../support/stream_pair.ts";
import { type RunningClawsec, startClawsec } from "../support/start_clawsec.ts";
import { type RawOrigin, startRawOrigin } from "../support/start_origin.ts";
import { temporaryDirectory } from "../support/temporary_directory.ts";
import { makeTestCertificates } from "../support/test_certificates.ts";
import { waitFor } from "../support/wait_for.ts";
import {
  acceptWebSocket,
  frameOf,
  handshakeRequest,
  readFrame,
} from "../support/web_socket_peer.ts";

const DEFAULT_SECONDS = 600;
const WARM_UP_SECONDS = 10;
/** Actors of each kind at a time. */
const ACTORS = 2;
/** Idle connections to origins are closed after 30 s. */
const SETTLE_MS = 60_000;
/** The listener, the control socket, log files: as many as may be opened later than the warm-up. */
const DESCRIPTOR_SLACK = 8;
const SAMPLE_MS = 5_000;
/** In shorter runs the memory still grows to what the traffic needs. */
const MIN_JUDGED_SECONDS = 300;
/** What the second half may need more than the first, its first fifth left out: garbage comes and goes. */
const MEMORY_SLACK = 1.1;
/** Connections that one idler opens. */
const IDLERS = 100;

/** Who takes part. */
interface Cast {
  readonly clawsec: RunningClawsec;
  readonly caPem: string;
  readonly plain: RawOrigin;
  readonly secure: RawOrigin;
  readonly broken: RawOrigin;
  readonly http2: Http2Origin;
  readonly webSocket: RawOrigin;
}

/** One round of an actor on a new connection; rejects if what must work does not. */
type Actor = (client: RawClient, cast: Cast) => Promise<void>;

/** Ordinary traffic: every answer must be right. */
const CITIZENS: Readonly<Record<string, Actor>> = {
  plain: async (client, { plain: { authority } }) => {
    for (let round = 0; round < 5; round++) {
      const body = "x".repeat(round * 1_000);
      const answer = await client.ask(
        `POST http://${authority}/ HTTP/1.1\r\nHost: ${authority}\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
      );
      assert.equal(answer.body, body);
    }
  },
  decrypted: async (client, { secure: { port }, caPem }) => {
    const host = `localhost:${port}`;
    await client.openTunnel(host);
    await client.startTls("localhost", caPem);
    for (let round = 0; round < 3; round++) {
      const answer = await client.ask(
        `POST / HTTP/1.1\r\nHost: ${host}\r\nX-Note: ${AGENT_KEY}\r\nContent-Length: 4\r\n\r\nbody`,
      );
      assert.equal(answer.body, "body");
    }
  },
  http2: async (_client, { clawsec, caPem, http2 }) => {
    const { port } = clawsec;
    const { protocol, client } = await connectHttp2({ port, caPem }, `localhost:${http2.port}`);
    using _closing = client;
    assert.equal(protocol, "h2");
    const asked = Array.from({ length: 10 }, (_, index) => {
      return client.ask({ ":method": "POST", ":path": "/echo" }, [`body ${index}`]);
    });
    const bodies = (await Promise.all(asked)).map(({ body }) => body);
    assert.deepEqual(bodies, bodies.map((_, index) => `body ${index}`));
  },
  webSocket: async (client, { webSocket: { authority } }) => {
    await client.send(handshakeRequest(`http://${authority}/`, authority));
    await client.readUntil("\r\n\r\n");
    for (let round = 0; round < 5; round++) {
      await client.send(frameOf(`message ${round}`));
      assert.equal((await readFrame(client)).payload, `message ${round}`);
    }
  },
};

/** 64 MB of zeros. */
const BOMB = latin1(gzipSync(new Uint8Array(1 << 26)));

const BROKEN_ANSWERS: readonly string[] = [
  "",
  "SSH-2.0-x\r\n",
  "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\ncut",
  "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nabc",
  "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Length: 1\r\n\r\n0\r\n\r\n",
  `HTTP/1.1 200 OK\r\nX: ${"y".repeat(70_000)}\r\n\r\n`,
  "HTTP/1.1 103 Early\r\n\r\n".repeat(40),
  ok("unasked") + ok("more"),
  "HTTP/1.1 204 No Content\r\nContent-Length: 4\r\n\r\nbody",
  ok(BOMB, "Content-Encoding: gzip"),
];

const BAD_FIELDS: readonly string[] = [
  "Content-Length: 5\r\nTransfer-Encoding: chunked",
  "Content-Length: 5\r\nContent-Length: 6",
  "Transfer-Encoding : chunked",
  "X: a\nY: b",
  "X: a\0b",
  `X: ${"y".repeat(70_000)}`,
  "X: y\r\n".repeat(300) + "X: y",
];

/** Abuses: whatever becomes of them, nothing may stay behind. */
const VANDALS: Readonly<Record<string, Actor>> = {
  smuggler: async (client, { plain: { authority } }) => {
    const fields = BAD_FIELDS[Math.floor(Math.random() * BAD_FIELDS.length)]!;
    await client.send(
      `POST http://${authority}/ HTTP/1.1\r\nHost: ${authority}\r\n${fields}\r\n\r\nGET /x HTTP/1.1\r\n\r\n`,
    );
    assert.match(await client.readRest(), /^HTTP\/1\.1 4(00|31) /);
  },
  brokenOrigin: async (client, { broken: { authority } }) => {
    await client.send(`GET http://${authority}/ HTTP/1.1\r\nHost: ${authority}\r\n\r\n`);
    await client.readUntil("\r\n\r\n");
  },
  deserter: async (_client, { plain: { authority }, clawsec }) => {
    const request = `POST http://${authority}/ HTTP/1.1\r\nHost: ${authority}\r\n` +
      "Content-Length: 10\r\n\r\n0123456789";
    const length = Math.floor(Math.random() * request.length);
    await sendAndReset(clawsec.port, request.slice(0, length), () => Promise.resolve());
  },
  tunnelDeserter: async (client, { secure: { port } }) => {
    await client.openTunnel(`localhost:${port}`);
    await client.send("\x16\x03\x01\x02\x00\x01\x00".slice(0, Math.floor(Math.random() * 8)));
  },
  distruster: async (client, { secure: { port } }) => {
    await client.openTunnel(`localhost:${port}`);
    await client.startTls("localhost", "").catch(() => {});
  },
  lost: async (client) => {
    const answer = await client.ask("GET http://nothing.invalid/ HTTP/1.1\r\nHost: x\r\n\r\n");
    assert.equal(answer.status, 502);
  },
  self: async (client, { clawsec: { port } }) => {
    const answer = await client.ask(`CONNECT 127.0.0.1:${port} HTTP/1.1\r\nHost: x\r\n\r\n`);
    assert.equal(answer.status, 502);
  },
  slowLoris: async (client) => {
    for (let index = 0; index < 20; index++) {
      await client.send(index === 0 ? "GET http://a/ HTTP/1.1\r\n" : `X-${index}: y\r\n`);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  },
  idler: async (_client, { clawsec: { port } }) => {
    const others: RawClient[] = [];
    try {
      while (others.length < IDLERS) others.push(await RawClient.connect(port));
      await new Promise((resolve) => setTimeout(resolve, 1_000));
    } finally {
      for (const other of others) other.close();
    }
  },
  halfCloser: async (client, { plain: { authority } }) => {
    const request = `POST http://${authority}/ HTTP/1.1\r\nHost: ${authority}\r\n` +
      "Content-Length: 10\r\n\r\n0123456789";
    await client.send(request.slice(0, Math.floor(Math.random() * (request.length + 1))));
    await client.closeWrite();
    await client.readRest();
  },
  streamDeserter: async (_client, { clawsec, caPem, http2 }) => {
    const { port } = clawsec;
    const { client } = await connectHttp2({ port, caPem }, `localhost:${http2.port}`);
    const asked = client.ask({ ":method": "POST", ":path": "/never" }, ["x".repeat(10_000)]);
    await new Promise((resolve) => setTimeout(resolve, Math.random() * 100));
    client[Symbol.dispose]();
    await asked;
  },
  webSocketDeserter: async (client, { webSocket: { authority } }) => {
    await client.send(handshakeRequest(`http://${authority}/`, authority));
    await client.readUntil("\r\n\r\n");
    await client.send(frameOf("x".repeat(5_000)).slice(0, Math.floor(Math.random() * 5_000)));
  },
  noise: async (client) => {
    const bytes = crypto.getRandomValues(new Uint8Array(1_000));
    await client.send(String.fromCharCode(...bytes));
    await client.readRest();
  },
};

interface Tally {
  rounds: number;
  /** Of citizens: must stay 0. */
  failures: string[];
}

async function act(
  actor: Actor,
  cast: Cast,
  { untilMs, tally, kind }: { untilMs: number; tally: Tally; kind: "citizen" | "vandal" },
): Promise<void> {
  while (performance.now() < untilMs) {
    let client: RawClient | undefined;
    try {
      client = await RawClient.connect(cast.clawsec.port);
      await actor(client, cast);
    } catch (error) {
      if (kind === "citizen") tally.failures.push(String(error));
    } finally {
      client?.close();
    }
    tally.rounds++;
    // A machine that has nothing else to do would only measure itself.
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

async function perform(cast: Cast, { seconds, without }: SoakOptions): Promise<Map<string, Tally>> {
  const untilMs = performance.now() + seconds * 1_000;
  const tallies = new Map<string, Tally>();
  const acting: Promise<void>[] = [];
  for (const [kind, actors] of [["citizen", CITIZENS], ["vandal", VANDALS]] as const) {
    for (const [name, actor] of Object.entries(actors)) {
      if (without.includes(name)) continue;
      const tally: Tally = { rounds: 0, failures: [] };
      tallies.set(name, tally);
      for (let index = 0; index < ACTORS; index++) {
        acting.push(act(actor, cast, { untilMs, tally, kind }));
      }
    }
  }
  await Promise.all(acting);
  return tallies;
}

/** Resident memory in MB and open descriptors of the program. */
async function measure(
  { pid }: RunningClawsec,
): Promise<{ memoryMb: number; descriptors: number }> {
  const status = await Deno.readTextFile(`/proc/${pid}/status`);
  const kilobytes = Number(/VmRSS:\s+(\d+)/.exec(status)?.[1]);
  const descriptors = [...Deno.readDirSync(`/proc/${pid}/fd`)].length;
  return { memoryMb: Math.round(kilobytes / 1_024), descriptors };
}

interface MemorySample {
  readonly second: number;
  readonly memoryMb: number;
}

/** Measures until it is disposed of; prints every minute. */
function watchMemory(clawsec: RunningClawsec): Disposable & { readonly samples: MemorySample[] } {
  const samples: MemorySample[] = [];
  const startMs = performance.now();
  const timer = setInterval(async () => {
    const { memoryMb, descriptors } = await measure(clawsec);
    const second = Math.round((performance.now() - startMs) / 1_000);
    samples.push({ second, memoryMb });
    if (samples.length % (60_000 / SAMPLE_MS) !== 0) return;
    console.log(`  at ${second} s: ${memoryMb} MB, ${descriptors} descriptors`);
  }, SAMPLE_MS);
  return { samples, [Symbol.dispose]: () => clearInterval(timer) };
}

function assertFlat(samples: readonly MemorySample[], seconds: number): void {
  const mean = (from: number, to: number) => {
    const chosen = samples.filter(({ second }) =>
      second >= from * seconds && second < to * seconds
    );
    return chosen.reduce((sum, { memoryMb }) => sum + memoryMb, 0) / chosen.length;
  };
  const [first, second] = [mean(0.2, 0.6), mean(0.6, 1)];
  console.log(
    `memory: ${first.toFixed()} MB in the first half, ${second.toFixed()} MB in the second`,
  );
  if (seconds < MIN_JUDGED_SECONDS) return;
  assert.ok(second <= first * MEMORY_SLACK, "The program's memory grows");
}

/** What the command line asks for. */
interface SoakOptions {
  readonly seconds: number;
  /** Names of actors that stay away. */
  readonly without: readonly string[];
}

async function soak({ seconds, without }: SoakOptions): Promise<void> {
  await using directory = await temporaryDirectory();
  const { caFile, trusted } = await makeTestCertificates(directory.path);
  const echo = answerRequests(async ({ head, read }) =>
    ok(await read(Number(/Content-Length: (\d+)/.exec(head)?.[1] ?? 0)))
  );
  await using plain = await startRawOrigin({ play: echo });
  await using secure = await startRawOrigin({ play: echo, tls: trusted });
  let turn = 0;
  await using broken = await startRawOrigin({
    play: async (connection) => {
      await connection.readUntil("\r\n\r\n");
      await connection.write(BROKEN_ANSWERS[turn++ % BROKEN_ANSWERS.length]!);
    },
  });
  await using http2 = await startHttp2Origin(trusted, (stream, headers) => {
    if (headers[":path"] === "/never") return;
    stream.respond({ ":status": 200 });
    stream.pipe(stream);
  });
  await using webSocket = await startRawOrigin({
    play: async (connection) => {
      await acceptWebSocket(connection);
      for (let round = 0; await connection.readMore(); round++) {
        await connection.write(frameOf(`message ${round}`, { maskingKey: undefined }));
      }
    },
  });
  await using clawsec = await startClawsec({
    config: { upstream_ca_file: caFile, log_level: "ERROR" },
  });
  const caPem = await Deno.readTextFile(clawsec.caFile);
  const cast = { clawsec, caPem, plain, secure, broken, http2, webSocket };
  await perform(cast, { seconds: Math.min(WARM_UP_SECONDS, seconds), without });
  const start = await measure(clawsec);
  console.log(`after the warm-up: ${start.memoryMb} MB, ${start.descriptors} descriptors`);
  using memory = watchMemory(clawsec);
  const tallies = await perform(cast, { seconds, without });
  memory[Symbol.dispose]();
  const end = await measure(clawsec);
  console.log(`after ${seconds} s: ${end.memoryMb} MB, ${end.descriptors} descriptors`);
  for (const [name, { rounds, failures }] of tallies) {
    console.log(`  ${name}: ${rounds} rounds, ${failures.length} failures ${failures[0] ?? ""}`);
  }
  const idle = await waitFor(async () => {
    const now = await measure(clawsec);
    const { counters } = await clawsec.status();
    const isAtRest = counters.activeConnections === 0 &&
      now.descriptors <= start.descriptors + DESCRIPTOR_SLACK;
    return isAtRest && now;
  }, { what: "connections to end and descriptors to be given back", deadlineMs: SETTLE_MS });
  console.log(`at rest: ${idle.memoryMb} MB, ${idle.descriptors} descriptors`);
  const { counters } = await clawsec.status();
  console.log(`requests ${counters.requests}, connections ${counters.connections}`);
  for (const [name, { failures }] of tallies) assert.deepEqual(failures, [], name);
  assertFlat(memory.samples, seconds);
  assert.ok(!/ ERROR /.test(clawsec.stderr), clawsec.stderr.slice(0, 2_000));
}

if (import.meta.main) {
  const { values } = parseArgs({
    args: Deno.args,
    options: { seconds: { type: "string" }, without: { type: "string" } },
  });
  const seconds = Number(values.seconds ?? DEFAULT_SECONDS);
  if (!(seconds > 0)) {
    console.error("Usage: deno task soak [--seconds N] [--without NAME,…]");
    Deno.exit(2);
  }
  await soak({ seconds, without: values.without?.split(",") ?? [] });
}
