import { readFile } from "node:fs/promises";
import { ConfigError } from "@dirsync/sdk";
import type { Context } from "../context.ts";
import { exitCodes } from "../exit-codes.ts";
import type { Row } from "../export/kinds.ts";
import { outputFile } from "../export/output-file.ts";
import { createLogger } from "../logging.ts";
import { createOutput, pourOutput } from "../output.ts";
import { list, text } from "../settings/kinds.ts";
import { listenForShutdown } from "../shutdown.ts";
import { declare, type Findings } from "../types/declare.ts";
import { noShape, takeIn } from "../types/shape.ts";
import { wrongUsage } from "../wrong-usage.ts";
import { openPeople, type People, type PeopleFlags } from "./people.ts";

/** Flags of `dirsync types`. */
export interface TypesFlags extends PeopleFlags {
  readonly out?: string;
  readonly literals?: string;
  readonly check: boolean;
}

/** An attribute with more values than this has no fixed set of them. */
const literalsMax = 500;

/** Writes the types of what is in directories, or says whether a file still has them. */
export async function writeTypes(flags: TypesFlags, context: Context): Promise<number> {
  const literals = literalsOf(flags);
  if (flags.check && flags.out === undefined) throw wrongUsage("--check needs --out, the file to compare with.");
  const shutdown = listenForShutdown(createLogger(context, { json: flags.json }));
  try {
    const people = await openPeople(flags, context, shutdown.signal);
    try {
      const text = declare(await find(people, literals), commandOf(flags));
      return flags.check ? await compare(text, flags, context) : await write(text, { flags, context, shutdown });
    } finally {
      await people.close();
    }
  } catch (error) {
    if (!shutdown.signal.aborted) throw error;
    return exitCodes.cutShort;
  } finally {
    shutdown.release();
  }
}

async function find(people: People, literals: ReadonlyMap<string, Set<string>>): Promise<Findings> {
  const attributes = noShape();
  const roles = new Set<string>();
  const groups = new Set<string>();
  for await (const { kind, row } of people.rows(["users", "groups"])) {
    if (kind === "groups") groups.add(String(row["name"]));
    else {
      const given = row["custom_attributes"] ?? {};
      takeIn(attributes, given);
      for (const slug of slugsOf(row)) roles.add(slug);
      for (const [name, values] of literals) keepLiteral(values, { name, value: ownValue(given, name) });
    }
  }
  return { attributes, literals, roles, groups };
}

function slugsOf({ role, roles }: Row): readonly string[] {
  return [role, ...(Array.isArray(roles) ? (roles as unknown[]) : [])].flatMap((each) => {
    const slug = typeof each === "object" && each !== null && "slug" in each ? each.slug : undefined;
    return typeof slug === "string" ? [slug] : [];
  });
}

/** What is asked for by name may be called as something that every object has. */
function ownValue(attributes: unknown, name: string): unknown {
  return isObject(attributes) && Object.hasOwn(attributes, name) ? attributes[name] : undefined;
}

function isObject(value: unknown): value is Row {
  return typeof value === "object" && value !== null;
}

function keepLiteral(values: Set<string>, { name, value }: { readonly name: string; readonly value: unknown }): void {
  if (value === undefined || value === null) return;
  if (typeof value !== "string")
    throw wrongUsage(`--literals takes attributes that are text, and ${name} is not always.`);
  values.add(value);
  if (values.size > literalsMax)
    throw wrongUsage(`--literals: ${name} has more than ${literalsMax} values, so it is no type.`);
}

function literalsOf({ literals }: TypesFlags): ReadonlyMap<string, Set<string>> {
  if (literals === undefined) return new Map();
  const reading = list(text("name"), "names").read(literals);
  if ("mistake" in reading) throw wrongUsage(`--literals ${reading.mistake}.`);
  return new Map(reading.value.map((name) => [name, new Set<string>()]));
}

/** What makes the file again. State files and services differ from machine to machine, and the file must not. */
function commandOf({ directory = [], organization, literals, service, out }: TypesFlags): string {
  return [
    "dirsync types",
    ...[...directory].sort(compareText).map((id) => `--directory ${id}`),
    ...(organization === undefined ? [] : [`--organization ${organization}`]),
    ...(literals === undefined ? [] : [`--literals ${literals}`]),
    ...(service ? ["--service"] : []),
    ...(out === undefined ? [] : [`--out ${out}`]),
  ].join(" ");
}

async function compare(text: string, { out = "", json }: TypesFlags, context: Context): Promise<number> {
  const there = await declarationIn(out);
  const isSame = there === text;
  const [before, now] = [there ?? "", text].map((each) => each.split("\n"));
  const removed = there === null ? [] : (before?.filter((line) => now?.includes(line) !== true) ?? []);
  const added = now?.filter((line) => before?.includes(line) !== true) ?? [];
  const output = createOutput(context, json);
  if (json) output.json({ file: out, is_same: isSame, removed, added });
  else if (isSame) output.line(`${out} has the types of the directories.`);
  else if (there === null) output.line(`${out} is not there. Run the command again without --check.`);
  else {
    for (const line of removed) output.line(output.style("red", `- ${line}`));
    for (const line of added) output.line(output.style("green", `+ ${line}`));
    output.line(`${out} does not have the types of the directories any more. Run the command again without --check.`);
  }
  return isSame ? exitCodes.done : exitCodes.findings;
}

/** Null when the file is not there. Git may have written its lines as Windows ends them. */
async function declarationIn(path: string): Promise<string | null> {
  try {
    return (await readFile(path, "utf8")).replaceAll("\r\n", "\n");
  } catch (error) {
    if (!(error instanceof Error) || !("code" in error)) throw error;
    if (error.code === "ENOENT") return null;
    throw new ConfigError(`Cannot read ${path}: ${error.message}.`, { where: "--out", cause: error });
  }
}

async function write(text: string, { flags, context, shutdown }: Writing): Promise<number> {
  const { out, json } = flags;
  if (out === undefined) {
    await pourOutput(context, shutdown.signal).write(text);
    return exitCodes.done;
  }
  // Source code, which others read, and not people's data.
  const file = await outputFile(out, { mode: 0o644 });
  try {
    await file.write(text);
    await file.finish();
  } catch (error) {
    await file.abandon();
    throw error;
  }
  const output = createOutput(context, json);
  if (json) output.json({ file: out });
  else output.line(`${out} has the types of the directories.`);
  return exitCodes.done;
}

interface Writing {
  readonly flags: TypesFlags;
  readonly context: Context;
  readonly shutdown: { readonly signal: AbortSignal };
}

function compareText(one: string, other: string): number {
  return one < other ? -1 : 1;
}
