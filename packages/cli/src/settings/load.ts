import { join } from "node:path";
import { subscribableEventNames } from "@dirsync/sdk";
import { cacheFolder } from "../cache-folder.ts";
import { stateFolder } from "../config.ts";
import type { Context } from "../context.ts";
import { findConfigFile } from "./find-file.ts";
import { type ConfigFile, type Layers, type Origin, resolveTable } from "./layers.ts";
import { Problems } from "./problem.ts";
import { readConfigFile } from "./read-file.ts";
import { findSecret, type SecretSource } from "./secret-source.ts";
import { planSinks, type SinkPlan } from "./sink-plans.ts";
import type { ValuesOf } from "./setting.ts";
import { plainSettings, plainSecretSettings } from "./table.ts";

/** Flags that say which config file counts. `--no-config` gives false. */
export interface ConfigFlags {
  readonly config?: string | boolean;
}

/** Everything that was configured, and everything that is wrong with it. */
export interface Configuration {
  /** Absolute path of the config file; null when there is none. */
  readonly file: string | null;
  readonly values: ValuesOf<typeof plainSettings> & { readonly state: string };
  readonly origins: Readonly<Record<string, Origin>>;
  readonly sinks: readonly SinkPlan[];
  readonly secrets: Readonly<Record<keyof typeof plainSecretSettings, SecretSource | null>>;
  readonly problems: Problems;
}

/** Puts flags, variables, the config file and defaults together. It asks nobody and writes nothing. */
export async function loadConfiguration(flags: ConfigFlags, context: Context): Promise<Configuration> {
  const { environment } = context;
  const problems = new Problems();
  const file = await problems.collect({ where: "", key: null }, () => readFile(flags, { context, problems }));
  const layers: Layers = { flags: { ...flags }, environment, file, problems };
  const plain = resolveTable(plainSettings, layers);
  const asked = plain.values.sourceEvents ?? subscribableEventNames;
  const rules = { secrets: context.secrets, allowsOpenFiles: plain.values.insecureSecretFiles, asked };
  const sources = Object.entries(plainSecretSettings).map(([name, setting]) => [
    name,
    findSecret({ name, setting }, layers, rules),
  ]);
  return {
    file: file?.source.path ?? null,
    values: { ...plain.values, state: plain.values.state ?? join(stateFolder(environment), "tail.db") },
    origins: plain.origins,
    sinks: planSinks(layers, rules),
    secrets: Object.fromEntries(sources) as Configuration["secrets"],
    problems,
  };
}

interface Reader {
  readonly context: Context;
  readonly problems: Problems;
}

async function readFile({ config }: ConfigFlags, { context, problems }: Reader): Promise<ConfigFile | null> {
  const { environment } = context;
  if (config === false) return null;
  const variable = environment["DIRSYNC_CONFIG"];
  const named = typeof config === "string" ? config : variable === "" ? undefined : variable;
  const path = findConfigFile({ file: named, folder: ".", user: process.getuid?.() });
  if (path === null) return null;
  // zod is slow to load, and most command lines need no file.
  const { checkContent } = await import("./file-schema.ts");
  const source = await readConfigFile(path, cacheFolder(environment));
  return { source, content: checkContent(source, problems) };
}
