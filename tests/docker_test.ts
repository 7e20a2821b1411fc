/**
 * The container files, as far as they can be held without an engine: the compose file has the shape of the
 * Compose Specification and means what the README says; the Dockerfile's steps are in an order that works, and
 * what its build stage copies is enough to build from.
 */
import assert from "node:assert/strict";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseDocument } from "yaml";
import { z } from "zod";
import project from "../deno.json" with { type: "json" };
import { parseArgs } from "../src/cli/parse_args.ts";
import { temporaryDirectory } from "./support/temporary_directory.ts";

const ROOT = fileURLToPath(new URL("..", import.meta.url));
const read = (name: string) => Deno.readTextFile(join(ROOT, name));

/** What the Compose Specification allows, of the parts that the file uses; strict: a typing error is unknown. */
const DURATION = z.string().regex(/^(\d+h)?(\d+m)?(\d+s)?$/);
const NAME = z.string().regex(/^[a-zA-Z0-9._-]+$/);
const COMPOSE = z.strictObject({
  name: z.string().regex(/^[a-z0-9][a-z0-9_-]*$/),
  services: z.record(
    NAME,
    z.strictObject({
      build: z.string().optional(),
      image: z.string(),
      profiles: z.array(NAME).optional(),
      command: z.array(z.string()).optional(),
      environment: z.record(z.string(), z.string()).optional(),
      ports: z.array(z.string()).optional(),
      volumes: z.array(z.union([
        z.string().regex(/^[a-zA-Z0-9._-]+:\/[^:]+(:ro)?$/),
        z.strictObject({
          type: z.literal("volume"),
          source: NAME,
          target: z.string().startsWith("/"),
          read_only: z.boolean(),
          volume: z.strictObject({ subpath: z.string() }),
        }),
      ])).optional(),
      networks: z.array(NAME).optional(),
      restart: z.enum(["no", "always", "on-failure", "unless-stopped"]).optional(),
      stop_grace_period: DURATION.optional(),
      healthcheck: z.strictObject({
        test: z.tuple([z.literal("CMD")], z.string()),
        interval: DURATION,
        timeout: DURATION,
        start_period: DURATION,
        retries: z.int().positive(),
      }).optional(),
      read_only: z.boolean().optional(),
      cap_drop: z.array(z.string()).optional(),
      security_opt: z.array(z.string()).optional(),
      depends_on: z.record(
        NAME,
        z.strictObject({
          condition: z.enum([
            "service_started",
            "service_healthy",
            "service_completed_successfully",
          ]),
        }),
      ).optional(),
    }),
  ),
  networks: z.record(NAME, z.strictObject({ internal: z.boolean().optional() })),
  volumes: z.record(NAME, z.strictObject({})),
});

async function readCompose(): Promise<z.infer<typeof COMPOSE>> {
  const document = parseDocument(await read("docker-compose.clawsec.yml"), { strict: true });
  assert.deepEqual([...document.errors, ...document.warnings], []);
  return COMPOSE.parse(document.toJS());
}

/** One instruction of a Dockerfile, its continued lines joined. */
interface Instruction {
  readonly name: string;
  readonly rest: string;
}

async function readStages(): Promise<readonly (readonly Instruction[])[]> {
  const text = (await read("Dockerfile")).replaceAll(/^#.*\n/gm, "").replaceAll(/\\\n\s*/g, "");
  const stages: Instruction[][] = [];
  for (const line of text.split("\n").filter((line) => line !== "")) {
    const [, name = "", rest = ""] = /^([A-Z]+) (.+)$/.exec(line) ?? [];
    assert.notEqual(name, "", `"${line}" is no instruction`);
    if (name === "FROM") stages.push([]);
    stages.at(-1)!.push({ name, rest });
  }
  return stages;
}

Deno.test("the compose file has the shape of its specification, and every name in it is declared", async () => {
  const { services, networks, volumes } = await readCompose();
  for (const [name, service] of Object.entries(services)) {
    for (const network of service.networks ?? []) assert.ok(network in networks, name);
    for (const volume of service.volumes ?? []) {
      const source = typeof volume === "string" ? volume.split(":")[0]! : volume.source;
      assert.ok(source in volumes, `${name} mounts ${source}`);
    }
    for (const other of Object.keys(service.depends_on ?? {})) assert.ok(other in services, other);
  }
});

Deno.test("the compose file publishes the proxy on the loopback only and keeps its files", async () => {
  const { services: { clawsec } } = await readCompose();
  assert.ok(clawsec);
  assert.deepEqual(clawsec.ports, ["127.0.0.1:8888:8888"]);
  assert.equal(clawsec.environment?.CLAWSEC_PROXY_HOST, "0.0.0.0");
  assert.deepEqual(clawsec.volumes, ["clawsec_data:/tmp/clawsec"]);
  assert.equal(clawsec.profiles, undefined, "it starts without a profile");
  const grace = Number(/^(\d+)s$/.exec(clawsec.stop_grace_period ?? "")?.[1]);
  assert.ok(grace > 12, "draining takes 10 s and 2 s of grace; a kill before would lose records");
});

Deno.test("the example agent starts with its profile only, knows the proxy and has no other way out", async () => {
  const { services: { agent }, networks } = await readCompose();
  assert.ok(agent);
  assert.deepEqual(agent.profiles, ["example"]);
  assert.equal(agent.environment?.HTTPS_PROXY, "http://clawsec:8888");
  assert.ok(agent.networks?.every((name) => networks[name]?.internal === true));
  assert.ok(!JSON.stringify(agent.volumes).includes("ca.key"));
});

Deno.test("the health checks and the container's command are commands of the program", async () => {
  const { services: { clawsec } } = await readCompose();
  const [, ...check] = clawsec?.healthcheck?.test ?? [];
  assert.deepEqual(check, ["clawsec", "health"]);
  const final = (await readStages()).at(-1)!;
  const value = (name: string) => final.find((each) => each.name === name)?.rest ?? "";
  assert.deepEqual(JSON.parse(value("HEALTHCHECK").replace(/^.* CMD /, "")), check);
  assert.deepEqual(JSON.parse(value("ENTRYPOINT")), ["clawsec"]);
  for (const words of [check.slice(1), JSON.parse(value("CMD"))]) {
    assert.equal(parseArgs(words, "1.0.0").kind, "command", words.join(" "));
  }
});

Deno.test("the image runs as a user that alone owns log_dir, made before the volume takes its mode", async () => {
  const final = (await readStages()).at(-1)!;
  const at = (name: string, part: string) =>
    final.findIndex((each) => each.name === name && each.rest.includes(part));
  const owned = at("RUN", "--owner=clawsec --group=clawsec --mode=0700 /tmp/clawsec");
  const user = at("USER", "10001:10001");
  assert.ok(at("RUN", "useradd --uid 10001") === owned && owned >= 0);
  assert.ok(owned < user && user < at("VOLUME", "/tmp/clawsec"));
  assert.ok(at("RUN", "iproute2") >= 0, "the SSH watcher runs ss");
  assert.ok(!final.slice(user + 1).some(({ name }) => name === "RUN" || name === "USER"));
});

Deno.test("the image is built by the Deno that the project is pinned to", async () => {
  const [build = []] = await readStages();
  assert.equal(build[0]?.rest, `denoland/deno:${Deno.version.deno} AS build`);
  assert.ok(project.tasks.compile.command.includes(" --output clawsec "));
  const copied = (await readStages()).at(-1)!.find(({ name }) => name === "COPY")?.rest;
  assert.equal(copied, "--from=build /build/clawsec /usr/local/bin/clawsec");
});

Deno.test("the build stage's steps work on what it copies: dependencies by the lock, then the program", async () => {
  await using directory = await temporaryDirectory();
  const [build = []] = await readStages();
  const steps: string[] = [];
  for (const { name, rest } of build) {
    if (name === "COPY") await copyInto(directory.path, rest);
    if (name === "RUN") steps.push(rest);
  }
  assert.deepEqual(steps, ["deno install --frozen", "deno task compile"]);
  await runDeno(["install", "--frozen"], directory.path);
  // What compile does before it writes the executable, whose runtime would have to be downloaded: every
  // module is found. Types are the same as here.
  await runDeno(["cache", "--frozen", "src/main.ts", "src/proxy/data_worker.ts"], directory.path);
  const version = await runDeno(
    ["run", "--cached-only", "src/main.ts", "--version"],
    directory.path,
  );
  assert.match(version, /\d+\.\d+\.\d+/);
});

Deno.test("the build context is what the build stage copies and no more", async () => {
  const lines = (await read(".dockerignore")).split("\n").filter((line) => /^[^#]/.test(line));
  assert.equal(lines[0], "*");
  const letIn = lines.filter((line) => line.startsWith("!")).map((line) => line.slice(1));
  const [build = []] = await readStages();
  const copied = build.filter(({ name }) => name === "COPY")
    .flatMap(({ rest }) => rest.split(" ").slice(0, -1));
  assert.deepEqual(letIn.toSorted(), copied.toSorted());
});

/** `COPY a b ./` and `COPY src ./src`: files into a directory, or a directory to a path. */
async function copyInto(directory: string, words: string): Promise<void> {
  const sources = words.split(" ");
  const target = sources.pop()!;
  for (const source of sources) {
    const isDirectory = (await Deno.stat(join(ROOT, source))).isDirectory;
    const to = join(directory, isDirectory ? target : join(target, source));
    const { success } = await new Deno.Command("cp", { args: ["-r", join(ROOT, source), to] })
      .output();
    assert.ok(success, source);
  }
}

async function runDeno(args: readonly string[], cwd: string): Promise<string> {
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: [...args],
    cwd,
    env: { NO_COLOR: "1" },
  }).output();
  const decoder = new TextDecoder();
  assert.equal(code, 0, decoder.decode(stderr));
  return decoder.decode(stdout);
}
