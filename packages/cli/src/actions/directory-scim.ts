import { readFileSync } from "node:fs";
import { ConfigError } from "@dirsync/sdk";
import type { ScimSettings, ScimSettingsChanges } from "@dirsync/sdk/self-hosted";
import type { Context } from "../context.ts";
import { exitCodes } from "../exit-codes.ts";
import { createOutput } from "../output.ts";
import { printable } from "../ui/printable.ts";
import { wrongUsage } from "../wrong-usage.ts";
import { connect, type GetFlags } from "./listing.ts";

/** Flags of `dirsync directories scim`. */
export interface DirectoryScimFlags extends GetFlags {
  readonly mode?: "lenient" | "strict";
  readonly set?: readonly string[];
  readonly schemas?: string;
}

/** Shows where a directory's SCIM endpoint is, and how strict it is, after the changes that the flags ask for. */
export async function changeDirectoryScim(id: string, flags: DirectoryScimFlags, context: Context): Promise<number> {
  const schemas = flags.schemas === undefined ? undefined : schemasOf(flags.schemas);
  const { directories } = await connect(flags, context);
  const current = await directories.scim(id);
  const { mode, set = [] } = flags;
  const changes: ScimSettingsChanges = {
    ...Object.fromEntries(set.map((pair) => decision(pair, current))),
    ...(mode === undefined ? {} : { mode }),
    ...(schemas === undefined ? {} : { schemas }),
  };
  const settings = Object.keys(changes).length === 0 ? current : await directories.updateScim(id, changes);
  show(settings, flags, context);
  return exitCodes.done;
}

function show(settings: ScimSettings, flags: GetFlags, context: Context): void {
  const output = createOutput(context, flags.json);
  if (flags.json) output.json(settings);
  output.line(`${"url".padEnd(17)} ${printable(settings.base_url)}`);
  for (const [word, value] of decided(settings)) output.line(`${word.padEnd(17)} ${printable(value)}`);
  const urns = settings.schemas.map((schema) => printable(String(schema["id"]))).join(" ");
  output.line(`${"schemas".padEnd(17)} ${urns === "" ? "none of its own" : urns}`);
}

/** The mode, and what else is decided by a word; a newer server may know more of them. */
function decided({ object: _object, base_url: _url, ...words }: ScimSettings): [string, string][] {
  return Object.entries(words).flatMap(([name, value]) => (typeof value === "string" ? [[name, value]] : []));
}

/** What is left to the mode is null on the wire. */
function decision(pair: string, current: ScimSettings): [string, string | null] {
  const [name = "", value = "", ...more] = pair.split("=").map((part) => part.trim());
  const names = decided(current).map(([known]) => known);
  if (value === "" || more.length > 0) throw wrongUsage(`--set ${pair}: write it as name=value.`);
  if (!names.includes(name)) throw wrongUsage(`--set ${name}: there is no such setting, but ${names.join(", ")}.`);
  return [name, value === "default" ? null : value];
}

/** One schema, or a list of them. @throws ConfigError for a file that cannot be read as either */
function schemasOf(file: string): readonly object[] {
  let value: unknown;
  try {
    value = JSON.parse(readFileSync(file, "utf8"));
  } catch (error) {
    throw new ConfigError(`Cannot read --schemas ${file}: ${String(error)}.`, { where: "--schemas", cause: error });
  }
  if (typeof value !== "object" || value === null) {
    throw new ConfigError(`${file} holds no SCIM schema: neither an object nor a list.`, { where: "--schemas" });
  }
  return Array.isArray(value) ? (value as readonly object[]) : [value];
}
