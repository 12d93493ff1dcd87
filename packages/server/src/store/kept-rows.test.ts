import { expect, onTestFinished, test } from "vitest";
import { addDirectory } from "../fixtures/rows.ts";
import { prepared } from "./connection.ts";
import { openSqlite } from "./sqlite.ts";
import { createStore } from "./store.ts";

const named = prepared((db, { seq }: { seq: number }) =>
  db.selectFrom("directory").select(["seq", "name"]).where("seq", "=", seq),
);

/** A directory that is called Acme, and its row as it is kept. */
async function keptDirectory() {
  const { connection, ...engine } = openSqlite(":memory:");
  const store = createStore({ connection, ...engine });
  onTestFinished(() => store.close());
  const { seq } = await store.write((data) => addDirectory(data, "directory_1", "Acme"));
  const { db, control, kept } = connection;
  const rename = (name: string) => db.updateTable("directory").set({ name }).where("seq", "=", seq).execute();
  return { store, seq, connection, control, rename, row: () => kept(named, { key: seq, given: { seq } }) };
}

test("a kept row comes from memory until its table is written, and then it is as it was written", async () => {
  const { store, seq, rename, row } = await keptDirectory();
  const first = row();
  expect(first).toEqual({ seq, name: "Acme" });
  expect(row()).toBe(first);
  await rename("Acme Corporation");
  expect(row()).toEqual({ seq, name: "Acme Corporation" });
  await store.write((data) => data.directories.remove(seq));
  expect(row()).toBeUndefined();
});

test("what a kept row does not show is changed without reading it anew", async () => {
  const { store, seq, row } = await keptDirectory();
  const first = row();
  await store.write((data) => data.directories.count(seq, { active: 1, inactive: 0, hidden: 0, groups: 0 }));
  expect(row()).toBe(first);
  expect(await store.read((data) => data.directories.findBySeq(seq))).toMatchObject({ users_active: 1 });
});

test.each(["rollback", "rollback to change"] as const)("what was read before a %s is not kept", async (command) => {
  const { control, rename, row } = await keptDirectory();
  control("begin immediate");
  control("savepoint change");
  await rename("Never");
  expect(row()).toMatchObject({ name: "Never" });
  control(command);
  expect(row()).toMatchObject({ name: "Acme" });
});

test("what was read is not kept either where SQLite itself took the transaction back", async () => {
  const { connection, control, rename, row } = await keptDirectory();
  control("begin immediate");
  await rename("Never");
  expect(row()).toMatchObject({ name: "Never" });
  // As a full disk does it, behind the back of who keeps the rows.
  const takenBack = prepared((db) => db.insertInto("log_floor").values({ id: 2, seq: 0 }).orRollback());
  expect(() => connection.run(takenBack, {})).toThrow("CHECK constraint failed");
  expect(connection.isInTransaction).toBe(false);
  control("rollback");
  expect(row()).toMatchObject({ name: "Acme" });
});

test("a token that is kept ends when that is said, and is gone when it is removed", async () => {
  const { store, seq: directory_seq } = await keptDirectory();
  const names = { id: "directory_token_1", name: "First", hash: "h", suffix: "1234" };
  const made = { ...names, directory_seq, scope: "provisioning", created_at: "2026-11-23T12:00:00.000Z" } as const;
  const { seq } = await store.write((data) => data.directoryTokens.insert(made));
  const found = () => store.read((data) => data.directoryTokens.findByHash("h"));
  expect(await found()).toMatchObject({ token: { expires_at_ms: null } });
  await store.write((data) => data.directoryTokens.expireAt(seq, 5));
  expect(await found()).toMatchObject({ token: { expires_at_ms: 5 } });
  await store.write((data) => data.directoryTokens.remove(seq));
  expect(await found()).toBeUndefined();
});

test("nobody changes a kept row in memory", async () => {
  const { row } = await keptDirectory();
  expect(Object.isFrozen(row())).toBe(true);
});
