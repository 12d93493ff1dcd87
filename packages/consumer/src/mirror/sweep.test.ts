import { describe, expect, test } from "vitest";
import { makeEvent } from "../fixtures/events.ts";
import { append, boundJournal } from "../fixtures/journal-steps.ts";
import { newStateFile } from "../fixtures/state-file.ts";
import type { Journal } from "../journal/model.ts";
import { connect } from "../journal/sqlite.ts";

interface Row {
  readonly id: string;
  readonly email: string | null;
  readonly body: string;
}

/** What the file has, shown or not. */
function rowsIn(path: string, table: string): readonly Row[] {
  const database = connect(path, { busyTimeoutMs: 1_000 });
  const rows = database.prepare<[], Row>(`SELECT * FROM ${table} ORDER BY id`).all();
  database.close();
  return rows;
}

const ids = (rows: readonly Row[]): readonly string[] => rows.map(({ id }) => id);
const told = (rows: readonly Row[]): readonly string[] => ids(rows.filter(({ body }) => body.length > 2));

function person(number: number, user: string, directory = "d1") {
  const data = { id: user, directory_id: directory, state: "active", email: `${user}@acme.test` };
  return makeEvent(number, { name: "dsync.user.created", data });
}

async function sweptWhole(journal: Journal, limit = 100): Promise<number> {
  let steps = 0;
  while (await journal.sweep(limit)) steps += 1;
  return steps;
}

describe("people who ended with their directory", () => {
  test("are in the file no more, and others are as they were", async () => {
    const path = newStateFile();
    const journal = await boundJournal(path);
    const group = makeEvent(4, { name: "dsync.group.created" });
    await append(journal, [person(1, "u1"), person(2, "u2"), person(3, "u3", "d2"), group]);
    await append(journal, [makeEvent(5, { name: "dsync.deleted" })]);
    expect(told(rowsIn(path, "mirror_user"))).toEqual(["u1", "u2", "u3"]);
    await sweptWhole(journal);
    const users = rowsIn(path, "mirror_user");
    expect(users.map(({ email }) => email)).toEqual([null, null, "u3@acme.test"]);
    expect(told(users)).toEqual(["u3"]);
    expect(told(rowsIn(path, "mirror_group"))).toEqual([]);
    expect(ids(rowsIn(path, "users"))).toEqual(["u3"]);
    // Once is enough, until something ends again.
    expect(await sweptWhole(journal)).toBe(0);
  });

  test("are shown again when they return, and so is what a late return shows to have come after it", async () => {
    const path = newStateFile();
    const journal = await boundJournal(path);
    await append(journal, [person(1, "u1"), makeEvent(2, { name: "dsync.deleted" }), person(3, "u2")]);
    await append(journal, [makeEvent(4, { name: "dsync.activated" })]);
    await sweptWhole(journal);
    expect(ids(rowsIn(path, "users"))).toEqual([]);
    const late = makeEvent(2, { id: "event_late", name: "dsync.activated" });
    const { cursor } = await journal.status();
    const places = new Map([[late.id, 2.5]]);
    await journal.append({ events: [late], places, expectedCursor: cursor, cursor, receivedAtMs: 0 });
    expect(rowsIn(path, "users").map(({ email }) => email)).toEqual(["u2@acme.test"]);
    await append(journal, [person(9, "u1")]);
    expect(rowsIn(path, "users").map(({ email }) => email)).toEqual(["u1@acme.test", "u2@acme.test"]);
  });

  test("are looked for in steps, and all of them are found", async () => {
    const path = newStateFile();
    const journal = await boundJournal(path);
    const people = Array.from({ length: 10 }, (_none, index) => person(index + 1, `u${index}`));
    await append(journal, [...people, makeEvent(20, { name: "dsync.deleted" })]);
    expect(await sweptWhole(journal, 3)).toBeGreaterThan(4);
    expect(told(rowsIn(path, "mirror_user"))).toEqual([]);
  });
});
