import assert from "node:assert/strict";
import { BYPASS_MS, RejectedLeaves } from "../../src/proxy/rejected_leaves.ts";

function scene(mitmBypassAuto: boolean) {
  const lines: string[] = [];
  const clock = { nowMs: 1_000 };
  const ignore = () => {};
  const log = {
    debug: ignore,
    info: ignore,
    warning: (line: string) => void lines.push(line),
    error: ignore,
  };
  const leaves = new RejectedLeaves({ mitmBypassAuto, log, now: () => clock.nowMs });
  return { leaves, lines, clock };
}

const AUTHORITY = { host: "pinned.example", port: 443 };

Deno.test("`RejectedLeaves` tells of a host once, with what to do", () => {
  const { leaves, lines } = scene(false);
  leaves.note(AUTHORITY, "127.0.0.1", new Error("unknown ca"));
  leaves.note(AUTHORITY, "127.0.0.1", new Error("unknown ca"));
  assert.equal(lines.length, 1);
  assert.match(lines[0]!, /pinned\.example:443.*unknown ca.*mitm_bypass/);
  assert.equal(leaves.has("pinned.example"), false);
});

Deno.test("`RejectedLeaves` tunnels a host for ten minutes where it is asked to, and says so", () => {
  const { leaves, lines, clock } = scene(true);
  leaves.note(AUTHORITY, "127.0.0.1", new Error("unknown ca"));
  assert.equal(leaves.has("pinned.example"), true);
  assert.equal(leaves.has("other.example"), false);
  assert.match(lines[0]!, /tunnelled unread for 10 minutes/);
  clock.nowMs += BYPASS_MS;
  assert.equal(leaves.has("pinned.example"), false);
});

Deno.test("`RejectedLeaves` remembers a bounded number of hosts, the newest", () => {
  const { leaves } = scene(true);
  for (let index = 0; index < 1_100; index++) {
    leaves.note({ host: `h${index}.example`, port: 443 }, "127.0.0.1", new Error("closed"));
  }
  assert.equal(leaves.has("h0.example"), false);
  assert.equal(leaves.has("h1099.example"), true);
});
