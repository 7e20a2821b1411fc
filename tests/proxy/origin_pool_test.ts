import assert from "node:assert/strict";
import { DialError } from "../../src/net/dial.ts";
import { Destinations } from "../../src/proxy/destinations.ts";
import { DEFAULT_LIMITS, type Limits } from "../../src/proxy/limits.ts";
import { type Origin, OriginPool } from "../../src/proxy/origin_pool.ts";
import { WayOut } from "../../src/proxy/way_out.ts";
import { type RawConnection, startRawOrigin } from "../support/start_origin.ts";
import { testCertificates } from "../support/start_proxy_in_process.ts";
import { waitFor } from "../support/wait_for.ts";

const idle = async (connection: RawConnection) => void await connection.readToEnd();

async function startPool(limits: Partial<Limits> = {}, denyHosts: readonly string[] = []) {
  const { caPem } = await testCertificates();
  return new OriginPool({
    limits: { ...DEFAULT_LIMITS, ...limits },
    extraRoots: [caPem],
    destinations: new Destinations({
      allowHosts: [],
      denyHosts,
      denyPrivate: false,
      own: { host: "127.0.0.1", port: 1 },
    }),
    wayOut: new WayOut({ upstreamProxy: undefined, noProxy: [] }),
    enableHttp2: true,
  });
}

function originOf({ port }: { port: number }, scheme: Origin["scheme"] = "http"): Origin {
  return { scheme, host: "localhost", port };
}

Deno.test("a connection that was given back is the next one handed out", async () => {
  await using server = await startRawOrigin({ play: idle });
  using pool = await startPool();
  const first = await pool.acquire(originOf(server));
  assert.equal(first.isReused, false);
  pool.release(originOf(server), first);
  const second = await pool.acquire(originOf(server));
  assert.deepEqual([second.buffered === first.buffered, second.isReused], [true, true]);
  const third = await pool.acquire(originOf(server));
  assert.equal(third.isReused, false);
  second.buffered.stream.close();
  third.buffered.stream.close();
  assert.equal(server.connections.length, 2);
});

Deno.test("a connection never serves another origin, port or scheme", async () => {
  const { trusted } = await testCertificates();
  await using one = await startRawOrigin({
    // Ends at a ClientHello, as servers without TLS do.
    play: async (connection) => void await connection.readMore(),
  });
  await using two = await startRawOrigin({ play: idle, tls: trusted });
  using pool = await startPool();
  const connection = await pool.acquire(originOf(one));
  pool.release(originOf(one), connection);
  const other = await pool.acquire(originOf(two, "https"));
  assert.equal(other.isReused, false);
  await assert.rejects(pool.acquire(originOf(one, "https")), DialError);
  other.buffered.stream.close();
});

const LEAVING: readonly (readonly [string, (connection: RawConnection) => Promise<void>])[] = [
  ["that the origin closes", () => Promise.resolve()],
  ["on which the origin speaks unasked", async (connection) => {
    await connection.write("HTTP/1.1 408 Request Timeout\r\n\r\n");
    await connection.readToEnd();
  }],
];

for (const [reason, leave] of LEAVING) {
  Deno.test(`an idle connection ${reason} leaves the pool`, async () => {
    const gate = Promise.withResolvers<void>();
    await using server = await startRawOrigin({
      play: async (connection) => {
        await gate.promise;
        await leave(connection);
      },
    });
    using pool = await startPool();
    const first = await pool.acquire(originOf(server));
    pool.release(originOf(server), first);
    gate.resolve();
    const next = await waitFor(async () => {
      const connection = await pool.acquire(originOf(server));
      if (!connection.isReused) return connection;
      pool.release(originOf(server), connection);
      return undefined;
    }, { what: "the connection to leave" });
    next.buffered.stream.close();
  });
}

Deno.test("bytes behind an answer keep a connection out of the pool", async () => {
  await using server = await startRawOrigin({
    play: async (connection) => {
      await connection.write("more than was asked for");
      await connection.readToEnd();
    },
  });
  using pool = await startPool();
  const first = await pool.acquire(originOf(server));
  await first.buffered.fill();
  pool.release(originOf(server), first);
  const second = await pool.acquire(originOf(server));
  assert.equal(second.isReused, false);
  second.buffered.stream.close();
});

Deno.test("no more idle connections are kept an origin than the limit", async () => {
  await using server = await startRawOrigin({ play: idle });
  using pool = await startPool({ idlePerOrigin: 2 });
  const all = [];
  for (let index = 0; index < 3; index++) all.push(await pool.dial(originOf(server)));
  for (const connection of all) pool.release(originOf(server), connection);
  const reused = [];
  for (let index = 0; index < 3; index++) reused.push(await pool.acquire(originOf(server)));
  assert.deepEqual(reused.map(({ isReused }) => isReused), [true, true, false]);
  for (const { buffered } of reused) buffered.stream.close();
});

Deno.test("what has been idle too long is closed", async () => {
  const closed = Promise.withResolvers<void>();
  await using server = await startRawOrigin({
    play: async (connection) => {
      await connection.readToEnd();
      closed.resolve();
    },
  });
  using pool = await startPool({ originIdleMs: 40 });
  pool.release(originOf(server), await pool.acquire(originOf(server)));
  await closed.promise;
});

Deno.test("`prepare()` dials ahead once, and its connection is no reused one", async () => {
  const { trusted } = await testCertificates();
  await using server = await startRawOrigin({ play: idle, tls: trusted });
  using pool = await startPool();
  for (let round = 0; round < 2; round++) {
    assert.equal(await pool.prepare(originOf(server, "https")), "http/1.1");
  }
  const connection = await pool.acquire(originOf(server, "https"));
  assert.equal(connection.isReused, false);
  connection.buffered.stream.close();
  assert.equal(server.connections.length, 1);
});

Deno.test("a denied name is refused before it is looked up, whatever it is wanted for", async () => {
  using pool = await startPool({}, ["nothing.invalid"]);
  const origin = { scheme: "https", host: "nothing.invalid", port: 443 } as const;
  for (
    const wanted of [
      () => pool.acquire(origin),
      () => pool.prepare(origin),
      () => pool.dialRaw(origin),
    ]
  ) {
    await assert.rejects(
      async () => await wanted(),
      (error) => error instanceof DialError && error.failure === "denied",
    );
  }
});
