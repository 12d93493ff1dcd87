import { readFileSync, statSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { ConfigError } from "@dirsync/sdk";
import { Secret, type Secrets } from "../secrets.ts";
import type { Layers, Origin } from "./layers.ts";
import { placeOf } from "./read-file.ts";
import { flagOf, secretFileKeyOf, type SecretSetting } from "./setting.ts";

/** Where a secret is. It is read again whenever it is asked for, so that one in a file can be replaced. */
export interface SecretSource {
  readonly origin: Origin;
  /** @throws ConfigError when its file cannot be read, is empty, or can be read by everybody. */
  read(): Secret;
}

/** How files that hold secrets are treated. */
export interface SecretRules {
  readonly secrets: Secrets;
  /** True to take files that everybody on the machine may read. */
  readonly allowsOpenFiles: boolean;
}

/** A secret to find. */
export interface SecretToFind {
  readonly name: string;
  readonly setting: SecretSetting;
  /** The sink it is for; its own file then comes before that of all sinks. */
  readonly sink?: string;
}

/** Finds a secret: a flag with a file, then variables, then the config file. Null when it is given nowhere. */
export function findSecret(
  { name, setting, sink }: SecretToFind,
  layers: Layers,
  rules: SecretRules,
): SecretSource | null {
  const key = secretFileKeyOf(name);
  const flag = layers.flags[key];
  if (typeof flag === "string") return fileSource(resolve(flag), { from: "flag", where: flagOf(key) }, rules);
  for (const variable of setting.variables) {
    const found = inVariable(variable, layers, { ...rules, name });
    if (found !== null) return found;
  }
  const { file } = layers;
  if (file === null) return null;
  const own = sink === undefined ? undefined : file.content.sinks[sink]?.[key];
  const path = own ?? file.content.values[key];
  if (typeof path !== "string") return null;
  const keys = sink === undefined || own === undefined ? [key] : ["sinks", sink, key];
  const origin: Origin = { from: "file", where: placeOf(file.source, keys) };
  return fileSource(resolve(dirname(file.source.path), path), origin, rules);
}

function inVariable(
  variable: string,
  { environment, problems }: Layers,
  rules: SecretRules & { readonly name: string },
): SecretSource | null {
  const fileVariable = `${variable}_FILE`;
  const value = environment[variable];
  const path = environment[fileVariable];
  const hasPath = path !== undefined && path !== "";
  if (value === undefined) {
    return hasPath ? fileSource(resolve(path), { from: "variable", where: fileVariable }, rules) : null;
  }
  if (hasPath) {
    problems.add({ where: variable, key: rules.name, mistake: `and ${fileVariable} are both set. Unset one` });
  }
  const text = value.trim();
  if (text === "") {
    problems.add({ where: variable, key: rules.name, mistake: "is set but empty. Give it a value, or unset it" });
    return null;
  }
  const secret = new Secret(kept(text, rules.secrets));
  return { origin: { from: "variable", where: variable }, read: () => secret };
}

function fileSource(path: string, origin: Origin, { secrets, allowsOpenFiles }: SecretRules): SecretSource {
  const { where } = origin;
  return {
    origin,
    read: () => {
      try {
        // A secret that everybody on the machine may read is none.
        if (!allowsOpenFiles && (statSync(path).mode & 0o004) !== 0) {
          const advice = `Run: chmod 600 ${path} (or allow it with --insecure-secret-files)`;
          throw new ConfigError(`${path} can be read by everybody. ${advice}`, { where });
        }
        const text = readFileSync(path, "utf8").trim();
        if (text === "") throw new ConfigError(`${path} is empty.`, { where });
        return new Secret(kept(text, secrets));
      } catch (error) {
        if (error instanceof ConfigError) throw error;
        const reason = error instanceof Error ? error.message : String(error);
        throw new ConfigError(`Cannot read the secret in a file: ${reason}`, { where, cause: error });
      }
    },
  };
}

/** As a whole, and each where there are several, one a line. */
function kept(text: string, secrets: Secrets): string {
  for (const line of text.split("\n")) secrets.keep(line.trim());
  return secrets.keep(text);
}
