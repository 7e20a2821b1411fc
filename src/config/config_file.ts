/**
 * The text of a JSONC file → its top-level entries, each with its place, for messages of the form
 * `file:line:column`. Knows nothing of settings.
 *
 * Comments and trailing commas are allowed (JSONC). Stricter than JSON: a key that stands twice in
 * one object is an error, since no reader sees which one counts.
 */
import {
  findNodeAtLocation,
  getNodeValue,
  type Node,
  type ParseError,
  parseTree,
  printParseErrorCode,
} from "jsonc-parser";
import { ConfigError, quoteText } from "./config_error.ts";

/** A file that was read. */
export interface ConfigFile {
  /** As messages name it. */
  readonly path: string;
  readonly text: string;
  /** As messages call it. @default {"config"} */
  readonly what?: string;
}

/** One `"name": value` of the file's object. */
export interface ConfigFileEntry {
  readonly name: string;
  readonly value: unknown;
  /** Begins a message about the name: `Cannot use config "a.jsonc:2:3"`. */
  readonly nameAt: string;
  /** Begins a message about the value, or about the item at `path` in it. */
  readonly valueAt: (path: (string | number)[]) => string;
}

/**
 * Reads the entries in the order they stand.
 *
 * @throws {ConfigError} if the text is no JSONC, no object, or holds a key twice.
 */
export function readConfigFile(
  { path, text, what = "config" }: ConfigFile,
): readonly ConfigFileEntry[] {
  // A byte order mark is no JSON (RFC 8259 §8.1), yet some editors write one. The space that
  // replaces it keeps every offset.
  const json = text.replace(/^\uFEFF/, " ");
  const at = (offset: number) => `Cannot use ${what} "${path}:${lineAndColumn(json, offset)}"`;
  const quote = ({ offset, length }: { readonly offset: number; readonly length: number }) =>
    quoteText(json.slice(offset, offset + length));

  const errors: ParseError[] = [];
  const root = parseTree(json, errors, { allowTrailingComma: true });
  const [syntaxError] = errors;
  if (syntaxError !== undefined) {
    // `UnexpectedEndOfString` → "unexpected end of string".
    const reason = printParseErrorCode(syntaxError.error).replace(/\B[A-Z]/g, " $&").toLowerCase();
    // A string may be a secret, and the message is logged when the file is read again.
    const isString = json[syntaxError.offset] === '"';
    const found = isString ? "a string" : quote(syntaxError);
    const foundPart = syntaxError.length === 0 ? "" : `, found ${found}`;
    throw new ConfigError(`${at(syntaxError.offset)}: ${reason}${foundPart}`);
  }
  if (root?.type !== "object") {
    throw new ConfigError(`${at(root?.offset ?? 0)}: found ${root?.type}, must be an object`);
  }
  const again = findDuplicate(root);
  if (again) throw new ConfigError(`${at(again.offset)}: key ${quote(again)} is already set above`);
  return (root.children ?? []).flatMap(({ children }) => {
    const [name, node] = children ?? [];
    if (name === undefined || node === undefined) return [];
    return [{
      name: String(name.value),
      value: getNodeValue(node),
      nameAt: at(name.offset),
      valueAt: (path) => at(nearestNode(node, path).offset),
    }];
  });
}

/** The name node of the first key that stands twice in one object, at any depth. */
function findDuplicate(node: Node): Node | undefined {
  const seen = new Set<unknown>();
  for (const child of node.children ?? []) {
    const name = child.type === "property" ? child.children?.[0] : undefined;
    if (name !== undefined && seen.has(name.value)) return name;
    if (name !== undefined) seen.add(name.value);
    const deeper = findDuplicate(child);
    if (deeper !== undefined) return deeper;
  }
  return undefined;
}

/** The node at `path` below `node`; where that is missing, the one it is missing from. */
function nearestNode(node: Node, path: (string | number)[]): Node {
  return findNodeAtLocation(node, path) ?? nearestNode(node, path.slice(0, -1));
}

/** Both count from 1, as editors do. */
function lineAndColumn(text: string, offset: number): string {
  const lines = text.slice(0, offset).split(/\r\n|\r|\n/);
  return `${lines.length}:${lines.at(-1)!.length + 1}`;
}
