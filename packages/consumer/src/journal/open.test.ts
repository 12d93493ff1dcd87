import { createHash } from "node:crypto";
import { chmodSync, chownSync, cpSync, existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import Database from "better-sqlite3";
import { beforeAll, describe, expect, test } from "vitest";
import { buildScript, canOthersRun, startChild } from "../fixtures/children.ts";
import { makeLog } from "../fixtures/events.ts";
import { newStateFile, temporaryFolder } from "../fixtures/state-file.ts";
import { checkStateFile, openJournal } from "./open.ts";
import { connect, setDurability } from "./sqlite.ts";

/** A state file with a few events in it, closed. */
async function usedStateFile(): Promise<string> {
  const path = newStateFile();
  const journal = await openJournal({ path, role: "holder" });
  await journal.bind("https://log.test", { from: "start" });
  await journal.append({ events: makeLog(1, 200), expectedCursor: null, receivedAtMs: 0 });
  await journal.close();
  return path;
}

function hashOf(path: string): string {
  return createHash("sha256").update(readFileSync(path)).digest("hex");
}

function modeOf(path: string): number {
  return statSync(path).mode & 0o777;
}

function edit(path: string, sql: string): void {
  const database = new Database(path);
  database.exec(sql);
  database.pragma("wal_checkpoint(TRUNCATE)");
  database.close();
}

describe("a check of a state file", () => {
  test("passes where all of it can be read, and leaves it as it is", async () => {
    const path = await usedStateFile();
    const before = hashOf(path);
    await expect(checkStateFile(path)).resolves.toBeUndefined();
    expect(hashOf(path)).toBe(before);
  });

  test("says that there is none, and makes none", async () => {
    const path = newStateFile();
    await expect(checkStateFile(path)).rejects.toMatchObject({ code: "missing" });
    expect(existsSync(path)).toBe(false);
  });

  test("finds a page that is damaged, wherever it is", async () => {
    const path = await usedStateFile();
    const bytes = readFileSync(path);
    bytes.fill(0xff, bytes.length - 4_096);
    writeFileSync(path, bytes);
    await expect(checkStateFile(path)).rejects.toMatchObject({ code: "corrupt" });
  });
});

describe("a new state file", () => {
  test("is readable by its owner alone, and so is everything beside it", async () => {
    const folder = join(temporaryFolder(), "new", "folder");
    const path = join(folder, "state.db");
    const journal = await openJournal({ path, role: "holder" });
    await journal.bind("https://log.test", { from: "start" });
    expect(modeOf(folder)).toBe(0o700);
    const beside = ["", ".lock", "-wal", "-shm"].map((suffix) => `${path}${suffix}`);
    expect(beside.map((file) => modeOf(file).toString(8))).toEqual(beside.map(() => "600"));
    await journal.close();
  });

  test("begins where it was told to, and keeps to that when it is told something else later", async () => {
    const path = newStateFile();
    const journal = await openJournal({ path, role: "holder" });
    const begin = { from: "time", time: "2026-01-01T00:00:00.000Z" } as const;
    await expect(journal.bind("https://log.test", begin)).resolves.toEqual({ cursor: null, start: begin, headSeq: 0 });
    await journal.markCaughtUp(1);
    await expect(journal.bind("https://log.test", { from: "start" })).resolves.toMatchObject({ start: begin });
    await journal.close();
  });

  test("may be told another start as long as upstream has not answered to the first one", async () => {
    const journal = await openJournal({ path: newStateFile(), role: "holder" });
    await journal.bind("https://log.test", { from: "event", id: "event_that_never_was_1" });
    const second = { from: "start" } as const;
    await expect(journal.bind("https://log.test", second)).resolves.toMatchObject({ start: second });
    await journal.close();
  });

  test("is not made by a visitor", async () => {
    const path = newStateFile();
    await expect(openJournal({ path, role: "visitor" })).rejects.toMatchObject({ code: "missing" });
    expect(existsSync(path)).toBe(false);
  });

  test("that was cut short before it had tables is begun again", async () => {
    const path = newStateFile();
    const database = new Database(path);
    database.pragma("journal_mode = WAL");
    database.close();
    expect(statSync(path).size).toBeGreaterThan(0);
    const journal = await openJournal({ path, role: "holder" });
    expect(journal.epoch).toBe(1);
    await journal.close();
  });
});

describe("the file is refused, and left as it was, when it is", () => {
  test.each<[string, string, (path: string) => void]>([
    ["no database", "corrupt", (path) => writeFileSync(path, "These are my notes.\n".repeat(100))],
    ["a database of something else", "unreadable", (path) => edit(path, "PRAGMA application_id = 7")],
    ["of a newer version", "newer_version", (path) => edit(path, "PRAGMA user_version = 99")],
    ["one whose cursor lost a bit", "corrupt", flipBitOfCursor],
    ["one whose cursor row was edited", "corrupt", (path) => edit(path, "UPDATE stream SET cursor = 'event_000001'")],
    ["one without a stream row", "corrupt", (path) => edit(path, "DELETE FROM stream")],
    ["garbled in the middle", "corrupt", garble],
    ["truncated", "corrupt", (path) => writeFileSync(path, readFileSync(path).subarray(0, 6_000))],
  ])("%s: %s", async (_name, code, damage) => {
    const path = await usedStateFile();
    damage(path);
    const before = hashOf(path);
    await expect(openJournal({ path, role: "holder" })).rejects.toMatchObject({ name: "StateError", code });
    expect(hashOf(path)).toBe(before);
    expect(existsSync(`${path}-wal`) ? statSync(`${path}-wal`).size : 0).toBe(0);
  });

  test.each<[string, string, (path: string) => void]>([
    ["no database", "corrupt", (path) => writeFileSync(path, "These are my notes.\n".repeat(100))],
    ["a database of something else", "unreadable", (path) => edit(path, "PRAGMA application_id = 7")],
    ["of a newer version", "newer_version", (path) => edit(path, "PRAGMA user_version = 99")],
    ["one whose cursor lost a bit", "corrupt", flipBitOfCursor],
  ])("%s: %s, for a visitor too", async (_name, code, damage) => {
    const path = await usedStateFile();
    damage(path);
    const before = hashOf(path);
    await expect(openJournal({ path, role: "visitor" })).rejects.toMatchObject({ code });
    expect(hashOf(path)).toBe(before);
  });

  test("somebody else's database, which keeps its journal mode", async () => {
    const path = newStateFile();
    const database = new Database(path);
    database.exec("CREATE TABLE notes (text)");
    database.close();
    const before = hashOf(path);
    await expect(openJournal({ path, role: "holder" })).rejects.toMatchObject({ code: "unreadable" });
    expect(hashOf(path)).toBe(before);
  });

  test("a folder", async () => {
    const path = newStateFile();
    mkdirSync(path);
    await expect(openJournal({ path, role: "holder" })).rejects.toMatchObject({ code: "unreadable" });
  });

  test("below something that is no folder", async () => {
    const file = newStateFile();
    writeFileSync(file, "");
    const path = join(file, "state.db");
    await expect(openJournal({ path, role: "holder" })).rejects.toMatchObject({ code: "unreadable" });
  });

  test("damaged, the message says what to do and holds nothing of the content", async () => {
    const path = await usedStateFile();
    flipBitOfCursor(path);
    await expect(openJournal({ path, role: "holder" })).rejects.toThrow(/Restore a backup, or move it away/);
    await expect(openJournal({ path, role: "holder" })).rejects.not.toThrow(/event_000/);
  });
});

test("the control: SQLite itself sees nothing wrong with the flipped bit", async () => {
  const path = await usedStateFile();
  flipBitOfCursor(path);
  const database = new Database(path, { readonly: true });
  expect(database.pragma("integrity_check", { simple: true })).toBe("ok");
  database.close();
});

test("a copy taken while the holder writes can be opened", async () => {
  const path = newStateFile();
  const journal = await openJournal({ path, role: "holder" });
  await journal.bind("https://log.test", { from: "start" });
  await journal.append({ events: makeLog(1, 50), expectedCursor: null, receivedAtMs: 0 });
  const copy = newStateFile();
  for (const suffix of ["", "-wal"]) cpSync(`${path}${suffix}`, `${copy}${suffix}`);
  const opened = await openJournal({ path: copy, role: "holder" });
  await expect(opened.status()).resolves.toMatchObject({ headSeq: 50, cursor: "event_000050" });
  await opened.close();
  await journal.close();
});

/** The last character of the cursor's text, where the cursor row is stored. */
function flipBitOfCursor(path: string): void {
  const bytes = readFileSync(path);
  // The stream row lies on a page of its own, before the events.
  const at = bytes.indexOf("https://log.test");
  const cursorAt = bytes.indexOf("event_000200", at);
  if (at === -1 || cursorAt === -1) throw new Error("The cursor was not found in the file.");
  const last = cursorAt + "event_000200".length - 1;
  bytes[last] = (bytes[last] ?? 0) ^ 1;
  writeFileSync(path, bytes);
}

/** Overwrites three pages in the middle. */
function garble(path: string): void {
  const bytes = readFileSync(path);
  bytes.fill(0xa5, 4_096 * 4, 4_096 * 7);
  writeFileSync(path, bytes);
}

describe("durability", () => {
  test.each([
    ["normal", 1],
    ["full", 2],
  ] as const)("%s is set on the first open and on every later one", (durability, level) => {
    const path = newStateFile();
    for (let open = 0; open < 3; open += 1) {
      const database = connect(path, { busyTimeoutMs: 0 });
      setDurability(database, durability);
      database.exec("CREATE TABLE IF NOT EXISTS t (a); INSERT INTO t VALUES (1)");
      expect(database.pragma("synchronous", { simple: true })).toBe(level);
      expect(database.pragma("journal_mode", { simple: true })).toBe("wal");
      database.close();
    }
  });

  test("the control: left alone, better-sqlite3 changes it between two opens", () => {
    const path = newStateFile();
    const levels = [0, 1].map(() => {
      const database = connect(path, { busyTimeoutMs: 0 });
      database.pragma("journal_mode = WAL");
      const level: unknown = database.pragma("synchronous", { simple: true });
      database.exec("CREATE TABLE IF NOT EXISTS t (a); INSERT INTO t VALUES (1)");
      database.close();
      return level;
    });
    expect(levels).toEqual([2, 1]);
  });
});

const isRoot = process.getuid?.() === 0;
const nobody = 65_534;

// As root this needs a second user, and a checkout that user can read.
describe.skipIf(isRoot && !canOthersRun())("without permission to write", () => {
  let script: string;
  beforeAll(async () => {
    script = await buildScript("hold-journal");
  });

  /** Root may write everywhere, so a process of somebody else has to try. */
  async function refusalOf(path: string): Promise<string> {
    return startChild(script, [path], isRoot ? nobody : undefined).said("refused");
  }

  test("a file says so, and which one", async () => {
    const path = await usedStateFile();
    open(dirname(path));
    chmodSync(path, 0o444);
    const before = hashOf(path);
    await expect(refusalOf(path)).resolves.toMatch(new RegExp(`^refused read_only ${path} cannot be written`));
    expect(hashOf(path)).toBe(before);
  });

  test("a folder says so, also when the file in it could be written", async () => {
    const path = await usedStateFile();
    if (isRoot) chownSync(path, nobody, nobody);
    chmodSync(dirname(path), 0o555);
    const before = hashOf(path);
    await expect(refusalOf(path)).resolves.toMatch(/^refused read_only /);
    expect(hashOf(path)).toBe(before);
  });

  test("a folder says so, and nothing is made in it", async () => {
    const folder = temporaryFolder();
    chmodSync(folder, 0o555);
    const path = join(folder, "state.db");
    await expect(refusalOf(path)).resolves.toMatch(/^refused read_only /);
    expect(existsSync(path)).toBe(false);
  });

  test("the control: with permission the same process holds it", async () => {
    const folder = temporaryFolder();
    open(folder);
    const child = startChild(script, [join(folder, "state.db")], isRoot ? nobody : undefined);
    await expect(child.said("holding")).resolves.toBe("holding 1");
  });

  function open(folder: string): void {
    chmodSync(folder, 0o755);
    if (isRoot) chownSync(folder, nobody, nobody);
  }
});
