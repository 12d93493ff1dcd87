/** Flags, then variables, then the config file, then defaults. */
import { dirname, resolve } from "node:path";
import type { Environment } from "../context.ts";
import type { Problems } from "./problem.ts";
import { type ConfigContent, type ConfigSource, placeOf } from "./read-file.ts";
import { flagOf, type Setting, type ValuesOf, variableOf } from "./setting.ts";

/** Where a value comes from. */
export interface Origin {
  readonly from: "flag" | "variable" | "file" | "default";
  /** The flag, the variable, or the file with its line. */
  readonly where: string;
}

/** Everything a value may come from. */
export interface Layers {
  /** As commander gives them: by key, text or lists of it. */
  readonly flags: Readonly<Record<string, unknown>>;
  readonly environment: Environment;
  readonly file: ConfigFile | null;
  readonly problems: Problems;
}

/** A config file and what it says. */
export interface ConfigFile {
  readonly source: ConfigSource;
  readonly content: ConfigContent;
}

/** The settings of a table. */
export interface Resolved<T> {
  readonly values: ValuesOf<T>;
  readonly origins: Readonly<Record<string, Origin>>;
}

/** The values of a table, and where each comes from. What is wrong is noted, and the default stands in for it. */
export function resolveTable<T extends Readonly<Record<string, Setting<unknown>>>>(
  table: T,
  layers: Layers,
  sink: string | null = null,
): Resolved<T> {
  const found = Object.entries(table).map(([key, setting]) => [key, resolveOne(key, setting, { ...layers, sink })]);
  const resolved = Object.fromEntries(found) as Readonly<Record<string, Found>>;
  const parts = Object.entries(resolved);
  return {
    // The table says of each key what its kind reads, which is what was read.
    values: Object.fromEntries(parts.map(([key, { value }]) => [key, value])) as ValuesOf<T>,
    origins: Object.fromEntries(parts.map(([key, { origin }]) => [key, origin])),
  };
}

interface Found {
  readonly value: unknown;
  readonly origin: Origin;
}

type SinkLayers = Layers & { readonly sink: string | null };

function resolveOne(key: string, setting: Setting<unknown>, layers: SinkLayers): Found {
  const { environment, flags, file } = layers;
  const given = flags[key];
  if (given !== undefined) {
    return checked({ given, origin: { from: "flag", where: flagOf(key) } }, { key, setting, layers });
  }
  const variable = variableOf(key);
  const text = environment[variable];
  // A variable that is set but empty is how shells and compose files say "not set".
  if (text !== undefined && text !== "") {
    return checked({ given: text, origin: { from: "variable", where: variable } }, { key, setting, layers });
  }
  return (file === null ? null : inFile(key, setting, { ...layers, file })) ?? standardOf(setting);
}

/** What the file says of the sink, else of all sinks. It has been checked already. */
function inFile(key: string, setting: Setting<unknown>, layers: SinkLayers & { file: ConfigFile }): Found | null {
  const { source, content } = layers.file;
  const { sink } = layers;
  const own = sink === null ? undefined : content.sinks[sink];
  const [values, keys] =
    own !== undefined && sink !== null && Object.hasOwn(own, key)
      ? [own, ["sinks", sink, key]]
      : [content.values, [key]];
  if (!Object.hasOwn(values, key)) return null;
  const value = setting.kind.isPath === true ? resolve(dirname(source.path), String(values[key])) : values[key];
  return { value, origin: { from: "file", where: placeOf(source, keys) } };
}

interface Subject {
  readonly key: string;
  readonly setting: Setting<unknown>;
  readonly layers: SinkLayers;
}

function checked({ given, origin }: { given: unknown; origin: Origin }, { key, setting, layers }: Subject): Found {
  const reading = setting.kind.read(given);
  if ("mistake" in reading) {
    layers.problems.add({ where: origin.where, mistake: reading.mistake, key, isUsage: origin.from === "flag" });
    return standardOf(setting);
  }
  const value = setting.kind.isPath === true ? resolve(String(reading.value)) : reading.value;
  return { value, origin };
}

function standardOf({ standard, standardText }: Setting<unknown>): Found {
  return { value: standard, origin: { from: "default", where: standardText ?? "default" } };
}
