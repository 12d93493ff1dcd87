import Database from "better-sqlite3";
import { describe, expect, test } from "vitest";
import { dispatchRig } from "../fixtures/dispatch-rig.ts";
import { newStateFile } from "../fixtures/state-file.ts";
import { version1StateFile } from "../fixtures/version-1.ts";
import { openJournal } from "./open.ts";

describe("a state file of version 1 with dead letters and work in flight", () => {
  test("says the same after the upgrade as before", async () => {
    const path = version1StateFile();
    const journal = await openJournal({ path, role: "holder" });
    await expect(journal.status()).resolves.toMatchObject({
      cursor: "event_000008",
      headSeq: 8,
      epoch: 2,
      sinks: [
        { name: "app", lowSeq: 3, pending: 5, deadLetters: 1, parked: 0, delivered: 2 },
        { name: "hook", lowSeq: 0, pending: 8, deadLetters: 0, parked: 0, delivered: 0 },
      ],
    });
    await expect(journal.deadLetters()).resolves.toMatchObject([
      { sink: "app", seq: 2, attempts: 1, event: { id: "event_000002" }, firstTriedAtMs: 2_000, supersededBy: null },
    ]);
    await expect(journal.read("app", 0, 1)).resolves.toMatchObject([{ seq: 3, attempts: 0 }]);
    await expect(journal.read("app", 3, 10)).resolves.toMatchObject([
      { seq: 4, attempts: 1, nextAtMs: 0, replay: false },
      { seq: 6, attempts: 1, nextAtMs: 9_000 },
      { seq: 7, attempts: 1 },
      { seq: 8, attempts: 0 },
    ]);
    await journal.close();
  });

  test("is delivered to its end, with nothing lost, repeated or forgotten", async () => {
    const numbers: string[] = [];
    const path = version1StateFile();
    const { run, journal } = await dispatchRig({
      path,
      log: [],
      deliver: ({ id }, { number }) => Promise.resolve(void numbers.push(`${id.at(-1)} try ${number}`)),
    });
    await run();
    expect(numbers.sort()).toEqual(["3 try 1", "4 try 2", "6 try 2", "7 try 2", "8 try 1"]);
    const [app] = (await journal.status()).sinks;
    expect(app).toMatchObject({ lowSeq: 8, pending: 0, deadLetters: 1, delivered: 7 });
  });

  test("is whole, and has the same tables as a new file", async () => {
    const upgraded = version1StateFile();
    const fresh = newStateFile();
    for (const path of [upgraded, fresh])
      await openJournal({ path, role: "holder" }).then((journal) => journal.close());
    const [before, after] = [upgraded, fresh].map((path) => {
      const database = new Database(path, { readonly: true });
      const schema: unknown = database.prepare("SELECT type, name, sql FROM sqlite_master ORDER BY name").all();
      expect(database.pragma("integrity_check", { simple: true })).toBe("ok");
      expect(database.pragma("foreign_key_check")).toEqual([]);
      expect(database.pragma("user_version", { simple: true })).toBe(9);
      database.close();
      return schema;
    });
    expect(before).toEqual(after);
  });

  test("is left as it is by a visitor, who says that its holder must be upgraded first", async () => {
    const path = version1StateFile();
    const opening = openJournal({ path, role: "visitor" });
    await expect(opening).rejects.toMatchObject({ code: "older_version" });
    await expect(opening).rejects.toThrow(/schema 1; this one knows 9/);
    const database = new Database(path, { readonly: true });
    expect(database.pragma("user_version", { simple: true })).toBe(1);
    database.close();
  });
});
