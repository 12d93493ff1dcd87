import { readFileSync } from "node:fs";
import { extname } from "node:path";
import { ConfigError } from "@dirsync/sdk";
import type { Document } from "yaml";

/** A config file that could be read; what is in it has not been checked. */
export interface ConfigSource {
  readonly path: string;
  readonly content: unknown;
  /** Line of a key, counted from 1; null where the file is a program. */
  readonly lineOf: (keys: readonly PropertyKey[]) => number | null;
}

/** A config file that is right, key by key. What it does not say is absent. */
export interface ConfigContent {
  readonly values: Readonly<Record<string, unknown>>;
  readonly sinks: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
}

/** `dirsync.config.yaml:4: sinks.audit.timeout`. */
export function placeOf({ path, lineOf }: ConfigSource, keys: readonly PropertyKey[]): string {
  const line = lineOf(keys);
  const key = keys.map((part) => (typeof part === "number" ? `[${part}]` : `.${String(part)}`)).join("");
  return [line === null ? path : `${path}:${line}`, key.replace(/^\./, "")].filter((part) => part !== "").join(": ");
}

/** Reads a config file: YAML, JSON, or a module whose default export is the configuration. */
export async function readConfigFile(path: string, cacheFolder: string | false): Promise<ConfigSource> {
  if (/^\.(?:json|ya?ml)$/.test(extname(path))) return await readDocument(path);
  const { loadModule, defaultExportOf } = await import("../load-module.ts");
  const content = defaultExportOf(await loadModule(path, { what: "config file", cacheFolder }));
  return { path, content, lineOf: () => null };
}

async function readDocument(path: string): Promise<ConfigSource> {
  const { LineCounter, parseDocument } = await import("yaml");
  const source = read(path);
  const lines = new LineCounter();
  // JSON is YAML as well, which is how we know where each of its keys stands.
  const document = parseDocument(source, { lineCounter: lines, prettyErrors: false });
  const faults = document.errors.map(({ message, pos }) => `${path}:${lines.linePos(pos[0]).line}: ${message}`);
  if (faults.length > 0) throw new ConfigError(faults.join("\n  "), { where: path });
  return {
    path,
    // A comment or a bare word is fine in YAML and would make every other reader of the JSON fail.
    content: extname(path) === ".json" ? parseJson(source, path) : (document.toJS() as unknown),
    lineOf: (keys) => {
      const offset = offsetOf(document, keys);
      return offset === null ? null : lines.linePos(offset).line;
    },
  };
}

function read(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new ConfigError(`The config file cannot be read: ${reason}`, { where: path, cause: error });
  }
}

function parseJson(source: string, path: string): unknown {
  try {
    return JSON.parse(source) as unknown;
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new ConfigError(`${path} is not JSON: ${reason}`, { where: path, cause: error });
  }
}

/** Where the key stands, or the innermost of its parents that does. */
function offsetOf({ contents }: Document.Parsed, keys: readonly PropertyKey[]): number | null {
  let node: unknown = contents;
  let offset: number | null = null;
  for (const key of keys) {
    const step = childOf(node, key);
    if (step === null) break;
    [offset, node] = step;
  }
  return offset;
}

function childOf(node: unknown, key: PropertyKey): readonly [offset: number, child: unknown] | null {
  const items = isNode(node) && Array.isArray(node.items) ? node.items : [];
  const item: unknown = typeof key === "number" ? items[key] : items.find((pair) => keyOf(pair) === key);
  if (!isNode(item)) return null;
  const start = (isNode(item.key) ? item.key : item).range?.[0];
  return start === undefined ? null : [start, "value" in item && "key" in item ? item.value : item];
}

interface Node {
  readonly items?: unknown;
  readonly key?: unknown;
  readonly value?: unknown;
  readonly range?: readonly number[];
}

function keyOf(pair: unknown): unknown {
  return isNode(pair) && isNode(pair.key) ? pair.key.value : undefined;
}

function isNode(value: unknown): value is Node {
  return typeof value === "object" && value !== null;
}
