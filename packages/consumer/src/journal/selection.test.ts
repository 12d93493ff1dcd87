import { expect, test } from "vitest";
import { newStateFile } from "../fixtures/state-file.ts";
import { openJournal } from "./open.ts";
import { prepareSelection } from "./selection.ts";
import { connect } from "./sqlite.ts";

/** How SQLite finds the events of a selection, step by step. */
async function planOf(isNamed: boolean): Promise<readonly string[]> {
  const path = newStateFile();
  await (await openJournal({ path, role: "holder" })).close();
  const database = connect(path, { busyTimeoutMs: 0 });
  try {
    const { sql } = prepareSelection(database, isNamed).list;
    const nobody = {
      fromSeq: null,
      toSeq: null,
      entity: null,
      directory: null,
      user: null,
      sinceMs: null,
      untilMs: null,
      first: 1,
      last: 9,
    };
    const steps = database.prepare(`EXPLAIN QUERY PLAN ${sql}`).all({ sink: "app", ids: '["a"]', ...nobody });
    return (steps as { detail: string }[]).map(({ detail }) => detail);
  } finally {
    database.close();
  }
}

test("events that are named are looked up by their ids, of a journal of any length", async () => {
  const plan = await planOf(true);
  expect(plan).toContainEqual(expect.stringMatching(/^SEARCH event USING INDEX \S+ \(id=\?\)$/u));
  expect(plan.filter((step) => /^SCAN event\b/u.test(step))).toEqual([]);
});

test("where none is named, a part of the journal is walked at a time", async () => {
  const plan = await planOf(false);
  expect(plan).toContainEqual("SEARCH event USING INTEGER PRIMARY KEY (rowid>? AND rowid<?)");
  expect(plan.filter((step) => /^SCAN\b/u.test(step) || /TEMP B-TREE/u.test(step))).toEqual([]);
});

test("what was given up under a guard is looked up for each event, and not gathered anew for each", async () => {
  for (const isNamed of [true, false]) {
    const plan = await planOf(isNamed);
    expect(plan).toContainEqual(
      expect.stringMatching(/^SEARCH effect USING PRIMARY KEY \(sink=\? AND name=\? AND key=\?\)$/u),
    );
  }
});
