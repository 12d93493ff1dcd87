/** What may stand in a config file, made from the table of settings. */
import { z } from "zod";
import { type ConfigContent, type ConfigSource, placeOf } from "./read-file.ts";
import { nearest } from "./nearest.ts";
import { or } from "./kinds.ts";
import type { Problems } from "./problem.ts";
import { secretFileKeyOf, type Setting } from "./setting.ts";
import { sinkSecretSettings, sinkSettings, targets } from "./sink-table.ts";
import { plainSettings, plainSecretSettings } from "./table.ts";

/** Checks all of a config file. What is wrong is noted, and what is right is returned all the same. */
export function checkContent(source: ConfigSource, problems: Problems): ConfigContent {
  const result = fileSchema().safeParse(source.content);
  if (result.success) return contentOf(result.data);
  const lineOf = ({ keys }: Fault): number => source.lineOf(keys) ?? 0;
  const faults = result.error.issues.flatMap(explain).sort((one, other) => lineOf(one) - lineOf(other));
  for (const { keys, mistake } of faults) problems.add({ where: placeOf(source, keys), mistake, key: topOf(keys) });
  const rest = faults.reduce((content, { keys }) => without(content, keys), source.content);
  const sound = fileSchema().safeParse(rest);
  return contentOf(sound.success ? sound.data : {});
}

function topOf([top]: readonly PropertyKey[]): string | null {
  return top === undefined ? null : String(top);
}

type Raw = Readonly<Record<string, unknown>>;

function fileSchema(): z.ZodType<Raw> {
  return z.strictObject({
    $schema: z.string().optional(),
    ...leaves(plainSettings),
    ...leaves(sinkSettings),
    ...secretFiles({ ...plainSecretSettings, ...sinkSecretSettings }),
    sinks: z.record(z.string(), sinkSchema()).optional(),
  });
}

function sinkSchema(): z.ZodType {
  return z.strictObject({ ...leaves(targets), ...leaves(sinkSettings), ...secretFiles(sinkSecretSettings) });
}

function secretFiles(table: object): Record<string, z.ZodType> {
  return Object.fromEntries(Object.keys(table).map((name) => [secretFileKeyOf(name), z.string().min(1).optional()]));
}

function leaves(table: Readonly<Record<string, Setting<unknown>>>): Record<string, z.ZodType> {
  return Object.fromEntries(Object.entries(table).map(([key, { kind }]) => [key, leafOf(kind).optional()]));
}

function leafOf(kind: Setting<unknown>["kind"]): z.ZodType {
  return z.unknown().transform((given, context) => {
    const reading = kind.read(given);
    if ("value" in reading) return reading.value;
    context.addIssue({ code: "custom", message: reading.mistake });
    return z.NEVER;
  });
}

interface Fault {
  readonly keys: readonly PropertyKey[];
  readonly mistake: string;
}

function explain(issue: z.core.$ZodIssue): readonly Fault[] {
  const { path } = issue;
  if (issue.code === "unrecognized_keys") {
    return issue.keys.map((key) => ({ keys: [...path, key], mistake: unknownKey(key, path) }));
  }
  if (issue.code === "custom") return [{ keys: path, mistake: issue.message }];
  if (path.length === 0) return [{ keys: path, mistake: "must hold settings by name, such as `sinks`" }];
  return [{ keys: path, mistake: `is not right: ${issue.message}` }];
}

function unknownKey(key: string, path: readonly PropertyKey[]): string {
  if (Object.hasOwn({ ...plainSecretSettings, ...sinkSecretSettings }, key)) {
    return `would be a secret in a file that others read. Name a file that holds it: ${secretFileKeyOf(key)}`;
  }
  const known = path[0] === "sinks" ? sinkKeys() : topKeys();
  const meant = nearest(key, known);
  return meant === null ? `is no setting. There are ${or(known)}` : `is no setting. Did you mean ${meant}?`;
}

function topKeys(): readonly string[] {
  const files = Object.keys({ ...plainSecretSettings, ...sinkSecretSettings }).map(secretFileKeyOf);
  return ["sinks", ...Object.keys(plainSettings), ...Object.keys(sinkSettings), ...files];
}

function sinkKeys(): readonly string[] {
  const files = Object.keys(sinkSecretSettings).map(secretFileKeyOf);
  return [...Object.keys(targets), ...Object.keys(sinkSettings), ...files];
}

/** The content without what stands at a path, so that the rest can be looked at as well. */
function without(content: unknown, [key, ...rest]: readonly PropertyKey[]): unknown {
  if (typeof content !== "object" || content === null || Array.isArray(content) || key === undefined) return {};
  const entries = Object.entries(content).flatMap(([name, value]): readonly (readonly [string, unknown])[] => {
    if (name !== key) return [[name, value]];
    return rest.length === 0 ? [] : [[name, without(value, rest)]];
  });
  return Object.fromEntries(entries);
}

function contentOf({ sinks, $schema: _schema, ...values }: Raw): ConfigContent {
  return { values, sinks: (sinks ?? {}) as ConfigContent["sinks"] };
}
