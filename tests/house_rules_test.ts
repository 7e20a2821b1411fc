/**
 * The rules that erode unseen, held by reading `src/`: which room may import which, who may touch the world
 * outside, how long a file may be. Each rule is a function from files to offences, so that it is shown to
 * find some.
 */
import assert from "node:assert/strict";
import {
  listSourcePaths,
  parseSourceFile,
  readSourceFiles,
  type SourceFile,
} from "./support/source_file.ts";

/** Imports lead from a row to a lower one, and never within a row. */
const ROWS: readonly (readonly string[])[] = [
  ["main"],
  ["cli"],
  ["monitor"],
  ["control", "proxy", "ssh"],
  ["http1", "http2", "websocket", "net", "ca", "scan", "rules", "threats"],
  ["config", "log"],
];

/** Imports within a row that are allowed, with their reason. */
const EXCEPTIONS: readonly {
  readonly from: string;
  readonly target: RegExp;
  readonly typeOnly: boolean;
}[] = [
  // Evidence is made of findings; only their shape is needed.
  { from: "threats", target: /^scan\/(finding|rule)\.ts$/, typeOnly: true },
  // The setting `actions` speaks of the rules' severities.
  { from: "config", target: /^scan\/rule\.ts$/, typeOnly: true },
  // Fields are fields in every version of HTTP.
  { from: "http2", target: /^http1\/header_list\.ts$/, typeOnly: false },
  // A rule is data of the scanner's form.
  { from: "rules", target: /^scan\/rule\.ts$/, typeOnly: false },
];

/** Outside powers, and the only files that have them. */
const DOORS: readonly { readonly power: string; readonly use: RegExp; readonly files: RegExp }[] = [
  { power: "server TLS", use: /^node:tls$/, files: /^net\/accept_tls\.ts$/ },
  { power: "HTTP/2", use: /^node:http2$/, files: /^http2\// },
  { power: "inflating", use: /^node:zlib$/, files: /^scan\/(content_decoder|raw_inflater)\.ts$/ },
  {
    power: "programs",
    use: /^(Deno\.Command|node:child_process)$/,
    files: /^ssh\/ssh_watcher\.ts$/,
  },
  {
    power: "the process",
    use: /^(Deno\.(exit|env|args|stdin|stdout|stderr|addSignalListener)|console\..*|process\..*)$/,
    files: /^(cli\/.*|main\.ts)$/,
  },
  {
    power: "sockets",
    use: /^(Deno\.(listen|listenTls|listenDatagram|connect|connectTls|startTls)|node:https?)$/,
    files: /^(net\/.*|control\/control_(client|server)\.ts|proxy\/start_proxy\.ts)$/,
  },
  {
    power: "files",
    use:
      /^(Deno\.(open|create|read|write|mkdir|remove|rename|chmod|chown|link|symlink|truncate|makeTemp|copyFile)([A-Z].*)?|node:fs.*)$/,
    files:
      /^(cli\/.*|ca\/(ca_files|log_dir)\.ts|threats\/(line_file|request_log|read_threats|follow_threats|fingerprint_key)\.ts|control\/control_server\.ts|log\.ts|monitor\.ts)$/,
  },
];

/** Rooms that are values in, values out; what they need of the world is handed in. */
const PURE_ROOMS = /^(http1|websocket|rules|scan)\/|^ca\/(der|oid|pem)\.ts$/;
const IMPURE_USE =
  /^(Deno|console|process|performance|crypto)\.|^Date\.now$|^Math\.random$|^node:(?!(zlib|buffer)$)/;

const MAX_LINES = 400;
/** Tables of data, which are read line by line and not as a whole. */
const LONG_FILES: ReadonlyMap<string, string> = new Map();

const VAGUE_NAMES = /(^|[/_])(utils?|helpers?|common|misc|shared|types|index|mod|lib)\.ts$/;

function roomOf(path: string): string {
  return path.includes("/") ? path.slice(0, path.indexOf("/")) : path.replace(/\.ts$/, "");
}

function rowOf(path: string): number {
  return ROWS.findIndex((row) => row.includes(roomOf(path)));
}

function isOurs(target: string): boolean {
  return target.endsWith(".ts") && !target.includes(":");
}

function upwardImports(files: readonly SourceFile[]): string[] {
  return files.flatMap(({ path, imports }) =>
    imports
      .filter(({ target }) => isOurs(target) && roomOf(target) !== roomOf(path))
      .filter(({ target }) => rowOf(target) <= rowOf(path))
      .filter(({ target, isTypeOnly }) =>
        !EXCEPTIONS.some((exception) =>
          exception.from === roomOf(path) && exception.target.test(target) &&
          (isTypeOnly || !exception.typeOnly)
        )
      )
      .map(({ target, isTypeOnly }) => `${path} → ${target}${isTypeOnly ? " (types)" : ""}`)
  );
}

/** Cycles of imports that remain when types are gone; each is named once. */
function importCycles(files: readonly SourceFile[]): string[] {
  const imports = new Map(files.map(({ path, imports }) => [
    path,
    imports.filter(({ isTypeOnly, target }) => !isTypeOnly && isOurs(target)),
  ]));
  const cycles: string[] = [];
  const finished = new Set<string>();
  const visit = (path: string, trail: readonly string[]) => {
    const seenAt = trail.indexOf(path);
    if (seenAt >= 0) cycles.push([...trail.slice(seenAt), path].join(" → "));
    if (seenAt >= 0 || finished.has(path)) return;
    for (const { target } of imports.get(path) ?? []) visit(target, [...trail, path]);
    finished.add(path);
  };
  for (const path of imports.keys()) visit(path, []);
  return cycles;
}

function wrongDoors(files: readonly SourceFile[]): string[] {
  return files.flatMap(({ path, imports, uses }) =>
    [...uses, ...imports.map(({ target }) => target)].flatMap((use) =>
      DOORS.filter((door) => door.use.test(use) && !door.files.test(path))
        .map(({ power }) => `${path} uses ${use}: ${power}`)
    )
  );
}

function impurities(files: readonly SourceFile[]): string[] {
  return files.filter(({ path }) => PURE_ROOMS.test(path)).flatMap(({ path, imports, uses }) =>
    [...uses, ...imports.map(({ target }) => target)]
      .filter((use) => IMPURE_USE.test(use))
      .map((use) => `${path} uses ${use}`)
  );
}

function tooLong(files: readonly SourceFile[]): string[] {
  return files
    .filter(({ path, lineCount }) => lineCount > MAX_LINES && !LONG_FILES.has(path))
    .map(({ path, lineCount }) => `${path}: ${lineCount} lines`);
}

function badNames(paths: readonly string[]): string[] {
  return paths.filter((path) =>
    VAGUE_NAMES.test(path) || path.split("/").length > 2 ||
    !/^[a-z0-9_/]+(\.(ts|as))?$/.test(path) && path !== "README.md" ||
    rowOf(path) < 0 && path !== "README.md"
  );
}

const files = readSourceFiles();

/** A file whose only content is `text`. */
function sample(path: string, text: string): SourceFile {
  return parseSourceFile(path, text);
}

Deno.test("the house rules read all of src/", () => {
  assert.ok(files.length > 40);
  assert.ok(files.some(({ imports }) => imports.length > 0));
});

Deno.test("rooms import lower rooms only", () => {
  assert.deepEqual(upwardImports(files), []);
});

const UPWARD: readonly { path: string; text: string; offences: number }[] = [
  { path: "net/a.ts", text: 'import { x } from "../proxy/b.ts";', offences: 1 },
  { path: "net/a.ts", text: 'export { x } from "../ca/b.ts";', offences: 1 },
  { path: "net/a.ts", text: 'import type { X } from "../scan/b.ts";', offences: 1 },
  { path: "net/a.ts", text: 'await import("../cli/b.ts");', offences: 1 },
  { path: "log.ts", text: 'import { x } from "./config.ts";', offences: 1 },
  { path: "threats/a.ts", text: 'import type { Finding } from "../scan/finding.ts";', offences: 0 },
  { path: "threats/a.ts", text: 'import { type Rule } from "../scan/rule.ts";', offences: 0 },
  { path: "threats/a.ts", text: 'import { x } from "../scan/rule.ts";', offences: 1 },
  { path: "net/a.ts", text: '// import { x } from "../proxy/b.ts";', offences: 0 },
  { path: "net/a.ts", text: 'const x = `import { x } from "../proxy/b.ts"`;', offences: 0 },
  {
    path: "proxy/a.ts",
    text: 'import { x } from "../net/b.ts"; import y from "node:tls";',
    offences: 0,
  },
];

for (const { path, text, offences } of UPWARD) {
  Deno.test(`the import rule finds ${offences} in ${path}: ${text}`, () => {
    assert.equal(upwardImports([sample(path, text)]).length, offences);
  });
}

Deno.test("files import each other in no circle", () => {
  assert.deepEqual(importCycles(files), []);
});

Deno.test("the circle rule finds one, and none of types", () => {
  const circle = (word: string) => [
    sample("net/a.ts", 'import { b } from "./b.ts";'),
    sample("net/b.ts", 'import { c } from "./c.ts";'),
    sample("net/c.ts", `import ${word} { a } from "./a.ts";`),
  ];
  assert.deepEqual(importCycles(circle("")), ["net/a.ts → net/b.ts → net/c.ts → net/a.ts"]);
  assert.deepEqual(importCycles(circle("type")), []);
});

Deno.test("each power of the outside has one door", () => {
  assert.deepEqual(wrongDoors(files), []);
});

const DOOR_OFFENCES: readonly { path: string; text: string; offences: number }[] = [
  { path: "proxy/a.ts", text: 'import tls from "node:tls";', offences: 1 },
  { path: "proxy/a.ts", text: "new Deno.Command('ss');", offences: 1 },
  { path: "proxy/a.ts", text: "console.log(Deno.env.get('X'));", offences: 2 },
  { path: "cli/a.ts", text: "console.log(Deno.env.get('X'));", offences: 0 },
  { path: "proxy/a.ts", text: "Deno.readTextFileSync('x');", offences: 1 },
  { path: "proxy/a.ts", text: "const x = 'Deno.exit()'; // Deno.exit()", offences: 0 },
];

for (const { path, text, offences } of DOOR_OFFENCES) {
  Deno.test(`the door rule finds ${offences} in ${path}: ${text}`, () => {
    assert.equal(wrongDoors([sample(path, text)]).length, offences);
  });
}

Deno.test("pure rooms use no outside, no clock and no chance", () => {
  assert.deepEqual(impurities(files), []);
});

Deno.test("the purity rule finds a clock", () => {
  assert.deepEqual(impurities([sample("scan/a.ts", "Date.now();")]), ["scan/a.ts uses Date.now"]);
  assert.deepEqual(impurities([sample("http1/a.ts", "new Date(0); Date.UTC(1, 1);")]), []);
});

Deno.test(`files have at most ${MAX_LINES} lines, or a reason`, () => {
  assert.deepEqual(tooLong(files), []);
  for (const path of LONG_FILES.keys()) {
    const file = files.find((each) => each.path === path);
    assert.ok(file !== undefined && file.lineCount > MAX_LINES, `${path} needs no exemption`);
  }
});

Deno.test("names say what a file is, and every file has its room", () => {
  assert.deepEqual(badNames(listSourcePaths()), []);
  const bad = ["net/utils.ts", "types.ts", "net/deep/a.ts", "net/CamelCase.ts", "attic/a.ts"];
  assert.deepEqual(badNames(bad), bad);
});

Deno.test("there is no default export and no enum", () => {
  assert.deepEqual(
    files.flatMap(({ path, oddities }) => oddities.map((each) => `${path}: ${each}`)),
    [],
  );
});
