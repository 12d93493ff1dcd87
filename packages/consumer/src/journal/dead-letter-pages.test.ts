/** Dead letters of which there are many. */
import { expect, test } from "vitest";
import { makeEvent, makeLog } from "../fixtures/events.ts";
import { append, boundJournal, dead, failure, step } from "../fixtures/journal-steps.ts";
import { newStateFile } from "../fixtures/state-file.ts";
import { guardedCode } from "./decisions.ts";
import { DeadLetters } from "./dead-letters.ts";
import type { Journal } from "./model.ts";
import { connect } from "./sqlite.ts";

/** Two sinks that have given up all five events, of which the last is the end of a directory that a guard held from one. */
async function journalOfLetters(path = newStateFile()): Promise<Journal> {
  const journal = await boundJournal(path);
  await append(journal, [...makeLog(1, 4), makeEvent(5, { name: "dsync.deleted", directory: "d9" })]);
  for (const sink of ["b", "a"]) {
    await journal.addSink(sink);
    const all = [1, 2, 3, 4, 5];
    await step(journal, { started: all }, sink);
    const last = { seq: 5, result: "dead", failure: { ...failure, code: guardedCode } } as const;
    await step(journal, { finished: [...[1, 2, 3, 4].map(dead), sink === "a" ? last : dead(5)], lowSeq: 5 }, sink);
  }
  return journal;
}

test("come in parts, one behind the other, each once", async () => {
  const journal = await journalOfLetters();
  const whole = await journal.deadLetters();
  const places = whole.map(({ sink, seq }) => `${sink}${seq}`);
  expect(places).toEqual(["a1", "a2", "a3", "a4", "a5", "b1", "b2", "b3", "b4", "b5"]);
  const parts: string[][] = [];
  let page = await journal.deadLetters(undefined, { limit: 3 });
  while (page.length > 0) {
    parts.push(page.map(({ sink, seq }) => `${sink}${seq}`));
    const [after] = page.slice(-1);
    page = await journal.deadLetters(undefined, { limit: 3, ...(after === undefined ? {} : { after }) });
  }
  expect(parts).toEqual([["a1", "a2", "a3"], ["a4", "a5", "b1"], ["b2", "b3", "b4"], ["b5"]]);
  const behind = await journal.deadLetters("b", { after: { sink: "b", seq: 3 } });
  expect(behind.map(({ seq }) => seq)).toEqual([4, 5]);
  await expect(journal.deadLetters(undefined, { after: { sink: "gone", seq: 0 } })).resolves.toEqual([]);
});

test("are told without their events, with the directory of what a guard holds", async () => {
  const journal = await journalOfLetters();
  const keys = await journal.deadLetterKeys();
  expect(keys.map(({ sink, seq }) => `${sink}${seq}`)).toEqual(
    (await journal.deadLetters()).map(({ sink, seq }) => `${sink}${seq}`),
  );
  await expect(journal.deadLetterKeys({ eventId: "event_000005" })).resolves.toEqual([
    { sink: "a", seq: 5, eventId: "event_000005", code: guardedCode, directoryId: "d9" },
    { sink: "b", seq: 5, eventId: "event_000005", code: "x", directoryId: null },
  ]);
  await expect(journal.deadLetterKeys({ sink: "b", eventId: "event_000002" })).resolves.toMatchObject([{ seq: 2 }]);
  await expect(journal.deadLetterKeys({ eventId: "event_000099" })).resolves.toEqual([]);
});

test("one is looked up by its event, and those of a sink by its index, among any number of others", async () => {
  const path = newStateFile();
  await (await journalOfLetters(path)).close();
  const database = connect(path, { busyTimeoutMs: 0 });
  try {
    const plans: string[] = [];
    const prepare = database.prepare.bind(database);
    const asked = new Map<string, string[]>();
    database.prepare = (sql: string) => {
      if (/FROM (?:event CROSS JOIN )?work/u.test(sql) && /isDead|'dead'/u.test(sql) && sql.startsWith("SELECT"))
        asked.set(sql, []);
      return prepare(sql);
    };
    new DeadLetters(database);
    for (const sql of asked.keys()) {
      const count = sql.split("?").length - 1;
      const steps = prepare(`EXPLAIN QUERY PLAN ${sql}`).all(...Array.from({ length: count }, () => 1)) as {
        detail: string;
      }[];
      if (/work\.sink = \?/u.test(sql)) plans.push(...steps.map(({ detail }) => detail));
    }
    expect(plans.length).toBeGreaterThan(5);
    expect(plans.filter((plan) => plan.startsWith("SCAN") || plan.includes("TEMP B-TREE"))).toEqual([]);
  } finally {
    database.close();
  }
});
