import Database from "better-sqlite3";
import { afterEach, expect, onTestFinished, test, vi } from "vitest";
import { newStateFile } from "../fixtures/state-file.ts";
import { openJournal } from "./open.ts";
import { connect, SqliteDatabase } from "./sqlite.ts";

afterEach(() => {
  vi.restoreAllMocks();
});

/** Opens a new state file; what it has prepared for itself by then, and how much of that SQLite was shown. */
async function opened(): Promise<{ path: string; prepared: readonly string[]; compiledCount: number }> {
  const path = newStateFile();
  const prepare = vi.spyOn(SqliteDatabase.prototype, "prepare");
  const compile = vi.spyOn(Database.prototype, "prepare");
  const journal = await openJournal({ path, role: "holder" });
  const prepared = prepare.mock.calls.map(([sql]) => sql);
  const compiledCount = compile.mock.calls.length;
  await journal.close();
  vi.restoreAllMocks();
  return { path, prepared, compiledCount };
}

test("to open a state file compiles a few of its statements, and not all", async () => {
  const { prepared, compiledCount } = await opened();
  expect(prepared.length).toBeGreaterThan(100);
  expect(compiledCount).toBeGreaterThan(0);
  expect(compiledCount).toBeLessThan(20);
});

test("each statement goes with the tables, also those that are compiled late", async () => {
  const { path, prepared } = await opened();
  const database = new Database(path);
  // What people search by is a function of ours.
  database.function("dirsync_ms", (_time: string) => 0);
  const unfit = prepared.filter((sql) => !compiles(database, sql));
  database.close();
  expect(unfit).toEqual([]);
});

function compiles(database: Database.Database, sql: string): boolean {
  try {
    database.prepare(sql);
    return true;
  } catch {
    return false;
  }
}

test("a statement that does not go with the tables says when it is used that the file is damaged, and which", async () => {
  const { path } = await opened();
  const database = connect(path, { busyTimeoutMs: 0 });
  database.exec("DROP TABLE gap");
  const gaps = database.prepare("SELECT count(*) FROM gap");
  expect(() => gaps.get()).toThrow(expect.objectContaining({ code: "corrupt" }) as Error);
  expect(() => gaps.get()).toThrow(path);
  database.close();
});

test("a statement gives values, arrays or objects, as it was told before it was compiled", () => {
  const database = connect(":memory:", { busyTimeoutMs: 0 });
  expect(database.prepare("SELECT 1 AS one, 2 AS two").get()).toEqual({ one: 1, two: 2 });
  expect(database.prepare("SELECT 1 AS one, 2 AS two").pluck().get()).toBe(1);
  expect(database.prepare("SELECT 1 AS one, 2 AS two").raw().get()).toEqual([1, 2]);
  database.close();
});

// SQLite tells nobody when it prepares a statement anew, so this goes by the text.
test("no query of ours has SQLite prepare it anew for each limit it is given", async () => {
  const { path, prepared } = await opened();
  const database = connect(path, { busyTimeoutMs: 0 });
  onTestFinished(() => database.close());
  const compile = vi.spyOn(Database.prototype, "prepare");
  const limited = prepared.filter((sql) => /LIMIT\s*[?@:$]/iu.test(sql));
  expect(limited.length).toBeGreaterThan(10);
  for (const sql of limited)
    expect(() => database.prepare(sql).raw().all()).toThrow(/^Too few parameter|^Missing named/u);
  const compiled = compile.mock.calls.map(([sql]) => sql);
  expect(compiled).toHaveLength(limited.length);
  expect(compiled.filter((sql) => !/LIMIT \+[?@]/u.test(sql))).toEqual([]);
});

test("a limit is kept to, whatever it is", () => {
  const database = connect(":memory:", { busyTimeoutMs: 0 });
  onTestFinished(() => database.close());
  const numbers = database.prepare<[number], number>("SELECT value FROM json_each('[1,2,3]') ORDER BY value LIMIT ?");
  numbers.pluck();
  expect([0, 1, 2, 9].map((limit) => numbers.all(limit).length)).toEqual([0, 1, 2, 3]);
});
