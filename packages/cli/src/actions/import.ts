import { readFileSync } from "node:fs";
import { buffer } from "node:stream/consumers";
import { ApiError, ConfigError } from "@dirsync/sdk";
import type { DirectoryImport } from "@dirsync/sdk/self-hosted";
import type { Context } from "../context.ts";
import { exitCodes } from "../exit-codes.ts";
import { createOutput, type Output } from "../output.ts";
import { type FileMistake, showMistake } from "../people-file/mistake.ts";
import { type ImportFiles, type MistakeInFile, readFiles } from "../people-file/files.ts";
import type { PeopleFile } from "../people-file/people.ts";
import { amount } from "../ui/amount.ts";
import { printable } from "../ui/printable.ts";
import { whileWaiting } from "../ui/waiting.ts";
import { connect, type GetFlags, wholeDirectory } from "./listing.ts";

/** Flags of `dirsync import`. */
export interface ImportFlags extends GetFlags {
  readonly directory: string;
  readonly groups?: string;
  readonly memberships?: string;
  readonly apply: boolean;
  readonly map?: readonly string[];
  readonly delimiter: string;
  readonly missing: "deactivate" | "keep";
  readonly allowRemovals: boolean;
}

const mistakesShownMax = 50;
const eventsShownMax = 50;

/** Shows what a file would change, or changes it. */
export async function importFile(file: string, flags: ImportFlags, context: Context): Promise<number> {
  const output = createOutput(context, flags.json);
  const name = file === "-" ? "standard input" : file;
  const read = readFiles(await filesOf(file, flags, context), {
    delimiter: flags.delimiter,
    mapping: mappingOf(flags),
  });
  if (read.mistakes.length > 0) return refuse(read.mistakes, output);
  const { directories } = await connect(flags, context);
  const mode = flags.apply ? "apply" : "plan";
  try {
    const wish = {
      mode,
      missing: flags.missing,
      allow_removals: flags.allowRemovals,
      people: read.people.map(({ person }) => person),
      groups: read.groups,
    } as const;
    const result = await whileWaiting(
      context.streams,
      `the server reads ${amount(read.people.length, "line")}, all or nothing`,
      () => directories.import(flags.directory, wish, wholeDirectory),
    );
    if (output.isJson) output.json({ ...result, people: read.people.length, ignored_columns: read.ignored });
    else show(result, read, output);
    return exitCodes.done;
  } catch (error) {
    if (error instanceof ApiError && error.code === "delete_brake") return braked(error, output);
    const mistakes = mistakesOf(error, read);
    if (mistakes.length === 0) throw error;
    return refuse(
      mistakes.map((mistake) => ({ file: name, ...mistake })),
      output,
    );
  }
}

async function filesOf(file: string, { groups, memberships }: ImportFlags, context: Context): Promise<ImportFiles> {
  const others = [groups, memberships].filter((other) => other !== undefined);
  if (others.includes("-")) throw new ConfigError("Only the people may come by standard input.", { where: "<file>" });
  const read = async (path: string) => ({
    name: path === "-" ? "standard input" : path,
    text: await textOf(path, context),
  });
  return {
    people: await read(file),
    groups: groups === undefined ? null : await read(groups),
    memberships: memberships === undefined ? null : await read(memberships),
  };
}

async function textOf(file: string, { streams }: Context): Promise<string> {
  try {
    const bytes = file === "-" ? await buffer(streams.stdin) : readFileSync(file);
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch (error) {
    const reason = error instanceof TypeError ? "it is not UTF-8; save it as CSV UTF-8" : String(error);
    throw new ConfigError(`Cannot read ${file}: ${reason}.`, { where: "<file>", cause: error });
  }
}

function mappingOf({ map = [] }: ImportFlags): ReadonlyMap<string, string> {
  // At the last `=`: a heading may have one, an attribute has none.
  return new Map(
    map.map((pair) => [pair.slice(0, pair.lastIndexOf("=")).trim(), pair.slice(pair.lastIndexOf("=") + 1).trim()]),
  );
}

/** The service tells people by their place; the file, by their line. */
function mistakesOf(error: unknown, { people }: Pick<PeopleFile, "people">): readonly FileMistake[] {
  if (!(error instanceof ApiError) || error.code !== "import_refused") return [];
  return error.problems.flatMap(({ field, message }) => {
    const index = /^people\.(\d+)/u.exec(field ?? "")?.[1];
    const person = index === undefined ? undefined : people[Number(index)];
    return person === undefined ? [] : [{ line: person.line, column: 1, message: message ?? "is refused" }];
  });
}

/** Each file by itself, in the order they were given, and in it from the first line on. */
function refuse(mistakes: readonly MistakeInFile[], output: Output): number {
  const files = [...new Set(mistakes.map(({ file }) => file))];
  const sorted = files.flatMap((file) => mistakes.filter((mistake) => mistake.file === file).sort(byPlace));
  if (output.isJson) output.json({ error: "file_refused", file: files[0], mistakes: sorted });
  for (const mistake of sorted.slice(0, mistakesShownMax)) output.line(printable(showMistake(mistake.file, mistake)));
  if (sorted.length > mistakesShownMax) output.line(`… and ${String(sorted.length - mistakesShownMax)} more.`);
  output.line("Nothing was changed. Correct the file, then import it again.");
  return exitCodes.findings;
}

function byPlace(one: FileMistake, other: FileMistake): number {
  return one.line === other.line ? one.column - other.column : one.line - other.line;
}

function braked(error: ApiError, output: Output): number {
  if (output.isJson) output.json({ error: error.code, message: error.message });
  output.line(printable(error.message));
  output.line("Nothing was changed. Look at it with --plan; if it is right, import with --apply --allow-removals.");
  return exitCodes.findings;
}

function show(result: DirectoryImport, { ignored }: { readonly ignored: readonly string[] }, output: Output): void {
  if (result.events.length > 0) {
    output.table(result.events.slice(0, eventsShownMax), [
      { heading: "EVENT", cell: ({ event }) => event },
      { heading: "USER", cell: ({ user }) => user },
      { heading: "GROUP", cell: ({ group }) => group },
      {
        heading: "WAS",
        cell: ({ previous_attributes: was }) => (was === null ? null : JSON.stringify(was)),
        isProse: true,
      },
    ]);
    const more = result.events_total - Math.min(eventsShownMax, result.events.length);
    if (more > 0) output.line(`… and ${String(more)} more.`);
    output.line();
  }
  if (ignored.length > 0) output.line(`Columns not read: ${printable(ignored.join(", "))} (see --map).`);
  const { created, updated, unchanged, removals } = result;
  output.line(
    `${String(created)} created · ${String(updated)} updated · ${String(unchanged)} unchanged · ${String(removals)} deactivated`,
  );
  if (result.mode === "apply") output.line("Done.");
  else if (result.braked) output.line("A plan; nothing was changed. To apply it also takes --allow-removals.");
  else output.line("A plan; nothing was changed. Apply it with --apply.");
}
