import { ConfigError } from "@dirsync/sdk";
import { databaseUrlOf } from "../config.ts";
import type { Context } from "../context.ts";
import type { AppRows } from "../drift/app-rows.ts";
import { compareWithApp, type Drift, type DriftCounts } from "../drift/compare.ts";
import { sqliteRows } from "../drift/sqlite-rows.ts";
import { exitCodes } from "../exit-codes.ts";
import type { Row } from "../export/kinds.ts";
import { createLogger } from "../logging.ts";
import { createOutput, type Output } from "../output.ts";
import { listenForShutdown } from "../shutdown.ts";
import { grouped } from "../ui/amount.ts";
import type { Column } from "../ui/table.ts";
import { wrongUsage } from "../wrong-usage.ts";
import { openPeople, type People, type PeopleFlags } from "./people.ts";

/** Flags of `dirsync diff`. */
export interface DiffFlags extends PeopleFlags {
  readonly against: string;
  readonly key: string;
  readonly sqlite?: string;
  readonly databaseUrlFile?: string;
  readonly active: boolean;
  readonly hideValues: boolean;
  readonly exitCode: boolean;
}

/** Compares the people of directories with the rows of an app's own table. Writes to neither. */
export async function diff(flags: DiffFlags, context: Context): Promise<number> {
  const shutdown = listenForShutdown(createLogger(context, { json: flags.json }));
  const { signal } = shutdown;
  try {
    const app = await openApp(flags, context);
    try {
      checkColumns(app.columns, flags.key);
      const people = await openPeople(flags, context, signal);
      try {
        return await compare({ app, people }, flags, context);
      } finally {
        await people.close();
      }
    } finally {
      await app.close();
    }
  } catch (error) {
    if (!signal.aborted) throw error;
    return exitCodes.cutShort;
  } finally {
    shutdown.release();
  }
}

async function openApp(flags: DiffFlags, context: Context): Promise<AppRows> {
  const sql = queryOf(flags.against);
  if (flags.sqlite !== undefined) return sqliteRows(flags.sqlite, sql);
  const url = databaseUrlOf(flags, context);
  if (url === null) {
    const ways =
      "Name a SQLite file with --sqlite, or give the address of a PostgreSQL database in DIRSYNC_DATABASE_URL";
    throw new ConfigError(`No database. ${ways}, DATABASE_URL, or a file named by --database-url-file.`, {
      where: "--sqlite",
    });
  }
  // The driver is loaded by those who need it.
  const { postgresRows } = await import("../drift/postgres-rows.ts");
  return await postgresRows(url, sql);
}

/** `sql:select …`: other kinds of things to compare with may come. */
function queryOf(against: string): string {
  const sql = /^sql:(.*\S)/s.exec(against)?.[1]?.replace(/[;\s]+$/, "");
  if (sql === undefined || sql === "")
    throw wrongUsage("--against takes sql: and a query, such as 'sql:select email from users'.");
  return sql;
}

function checkColumns(columns: readonly string[], key: string): void {
  if (!columns.includes(key)) {
    throw wrongUsage(`--key ${key} is no column of the query, which has ${columns.join(", ")}.`);
  }
  const twice = columns.find((name, index) => columns.indexOf(name) !== index);
  if (twice !== undefined)
    throw wrongUsage(`The query has two columns called ${twice}. Name one of them AS something else.`);
}

interface Sides {
  readonly app: AppRows;
  readonly people: People;
}

/** Tables are printed in blocks, so that a million drifts need no more memory than these. */
const blockRows = 100;

async function compare({ app, people }: Sides, flags: DiffFlags, context: Context): Promise<number> {
  const output = createOutput(context, flags.json);
  let block: Line[] = [];
  const flush = (): void => {
    if (block.length > 0) output.table(block, lineColumns);
    block = [];
  };
  const counts = await compareWithApp({
    people: usersOf(people, flags),
    app,
    key: flags.key,
    onDrift: (found) => {
      const drift = flags.hideValues ? withoutValues(found) : found;
      if (output.isJson) output.json(drift);
      else block.push(...linesOf(drift));
      if (block.length >= blockRows) flush();
    },
  });
  flush();
  refuseUnknown(counts.unknown_columns);
  tell(counts, flags, output);
  const drifts = counts.missing + counts.extra + counts.different + counts.ambiguous + counts.duplicate;
  return drifts > 0 && flags.exitCode ? exitCodes.findings : exitCodes.done;
}

async function* usersOf(people: People, { active }: DiffFlags): AsyncGenerator<Row, void, undefined> {
  for await (const { row } of people.rows(["users"])) if (!active || row["state"] === "active") yield row;
}

function withoutValues(drift: Drift): Drift {
  return drift.kind === "different" ? { ...drift, fields: drift.fields.map(({ field }) => ({ field })) } : drift;
}

/** One line of the table. */
interface Line {
  readonly kind: string;
  readonly key: string;
  readonly field?: string;
  readonly directory?: string | null;
  readonly app?: string | null;
}

const lineColumns: readonly Column<Line>[] = [
  { heading: "DRIFT", cell: ({ kind }) => kind },
  { heading: "WHO", cell: ({ key }) => key },
  { heading: "FIELD", cell: ({ field }) => field },
  { heading: "DIRECTORY", cell: ({ directory }) => directory },
  { heading: "APP", cell: ({ app }) => app },
];

function linesOf(drift: Drift): readonly Line[] {
  if (drift.kind !== "different") return [drift];
  return drift.fields.map((field) => ({ kind: drift.kind, key: drift.key, ...field }));
}

function refuseUnknown(names: readonly string[]): void {
  if (names.length === 0) return;
  throw wrongUsage(
    `Nobody in the directories has ${names.join(", ")}. A column is compared with the field or custom attribute of its name: leave it out, or say AS.`,
  );
}

function tell(counts: DriftCounts, { json, key }: DiffFlags, output: Output): void {
  const { unknown_columns: _unknown, ...numbers } = counts;
  if (json) {
    output.json({ kind: "summary", ...numbers });
    return;
  }
  const { people, rows, missing, extra, different, ambiguous, duplicate, without_key: keyless } = counts;
  output.line(`${grouped(people)} people of the directories, ${grouped(rows)} rows of the app, by ${key}.`);
  const found = [
    [missing, "missing in the app"],
    [extra, "in the app alone"],
    [different, "different"],
    [ambiguous, "not to be told apart, because several people have the key"],
    [duplicate, "in the app several times"],
  ] as const;
  const said = found.filter(([count]) => count > 0).map(([count, what]) => `${grouped(count)} ${what}`);
  output.line(said.length === 0 ? "No drift." : `${said.join(", ")}.`);
  if (keyless > 0) output.line(`Not compared, because they have no ${key}: ${grouped(keyless)}.`);
}
