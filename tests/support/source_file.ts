/** Reads the project's own source as the compiler does, for the tests of the house rules. */
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";

const SOURCE_ROOT = fileURLToPath(new URL("../../src", import.meta.url));

/** One import, re-export, or dynamic import with a literal. */
export interface SourceImport {
  /** A path below `src/` (`net/dial.ts`), or as written where it leads elsewhere (`node:tls`). */
  readonly target: string;
  /** Whether it is gone when types are. */
  readonly isTypeOnly: boolean;
}

/** What the rules look at. */
export interface SourceFile {
  /** Below `src/`, with slashes: `net/dial.ts`. */
  readonly path: string;
  readonly lineCount: number;
  readonly imports: readonly SourceImport[];
  /** Members of outside objects that are used as values: `Deno.Command`, `console.log`. */
  readonly uses: readonly string[];
  /** Kinds of export that are not allowed: `default`, `enum`. */
  readonly oddities: readonly string[];
}

/** Parses every TypeScript file below `src/`. */
export function readSourceFiles(): SourceFile[] {
  return [...walk(SOURCE_ROOT)].map((path) => {
    const name = relative(SOURCE_ROOT, path).replaceAll("\\", "/");
    return parseSourceFile(name, Deno.readTextFileSync(path));
  });
}

/** Every file and directory below `src/`, as paths below it. */
export function listSourcePaths(): string[] {
  return [...walk(SOURCE_ROOT, "everything")].map((path) =>
    relative(SOURCE_ROOT, path).replaceAll("\\", "/")
  );
}

const OUTSIDE_OBJECTS: ReadonlySet<string> = new Set([
  "Deno",
  "console",
  "process",
  "Date",
  "Math",
  "crypto",
  "performance",
]);

/** Parses one file with the parser of `deno lint`. */
export function parseSourceFile(path: string, text: string): SourceFile {
  const imports: SourceImport[] = [];
  const uses = new Set<string>();
  const oddities = new Set<string>();
  const add = (specifier: unknown, isTypeOnly: boolean) => {
    if (typeof specifier === "string") {
      imports.push({ target: resolve(path, specifier), isTypeOnly });
    }
  };
  const visitor: Deno.lint.LintVisitor = {
    ImportDeclaration(node) {
      const allTypes = node.specifiers.length > 0 &&
        node.specifiers.every((specifier) =>
          specifier.type === "ImportSpecifier" && specifier.importKind === "type"
        );
      add(node.source.value, node.importKind === "type" || allTypes);
    },
    ExportNamedDeclaration(node) {
      if (node.source) add(node.source.value, node.exportKind === "type");
    },
    ExportAllDeclaration(node) {
      add(node.source.value, node.exportKind === "type");
    },
    ImportExpression(node) {
      add(node.source.type === "Literal" ? node.source.value : undefined, false);
    },
    ExportDefaultDeclaration() {
      oddities.add("default export");
    },
    TSEnumDeclaration() {
      oddities.add("enum");
    },
    MemberExpression(node) {
      if (node.object.type !== "Identifier" || !OUTSIDE_OBJECTS.has(node.object.name)) return;
      if (node.property.type === "Identifier") {
        uses.add(`${node.object.name}.${node.property.name}`);
      }
    },
  };
  const plugin = { name: "house", rules: { read: { create: () => visitor } } };
  Deno.lint.runPlugin(plugin, path, text);
  const lineCount = text.split("\n").length - 1;
  return { path, lineCount, imports, uses: [...uses], oddities: [...oddities] };
}

function resolve(from: string, specifier: string): string {
  if (!specifier.startsWith(".")) return specifier;
  return join(dirname(from), specifier).replaceAll("\\", "/");
}

function* walk(directory: string, what: "code" | "everything" = "code"): Generator<string> {
  for (const { name, isDirectory } of Deno.readDirSync(directory)) {
    const path = join(directory, name);
    if (isDirectory) {
      if (what === "everything") yield path;
      yield* walk(path, what);
    } else if (what === "everything" || name.endsWith(".ts")) {
      yield path;
    }
  }
}
