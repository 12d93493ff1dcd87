import { describe, expect, test } from "vitest";
import { type EventFacts, makeEvent } from "../fixtures/events.ts";
import { append, boundJournal, dead, delivered, failure, seqs, step } from "../fixtures/journal-steps.ts";
import { newStateFile } from "../fixtures/state-file.ts";
import type { Outcome } from "../model.ts";
import { decisionsOf, guardedCode } from "./decisions.ts";
import type { Journal } from "./model.ts";
import { connect } from "./sqlite.ts";

describe("what a person has given up while a guard held it", () => {
  const held: Outcome = { seq: 2, result: "dead", failure: { ...failure, code: guardedCode } };

  /** A user who came and was deleted, which was held and given up; and another user. */
  async function journalWithHeld(given: Outcome = held, path = newStateFile()): Promise<Journal> {
    const journal = await boundJournal(path);
    const facts: EventFacts[] = [{ user: "u1" }, { name: "dsync.user.deleted", user: "u1" }, { user: "u2" }];
    await append(
      journal,
      facts.map((fact, index) => makeEvent(index + 1, fact)),
    );
    await journal.addSink("app");
    await step(journal, { started: [2], lowSeq: 0 });
    await step(journal, { finished: [delivered(1), given, delivered(3)], lowSeq: 3 });
    await journal.discard("app", 2);
    return journal;
  }

  test("comes with no replay that does not name it, and keeps nothing else from coming", async () => {
    const journal = await journalWithHeld();
    for (const selection of [{ fromSeq: 1 }, { user: "u1" }, { since: "2026-01-01T00:00:00Z" }]) {
      await expect(journal.countReplay("app", selection)).resolves.toMatchObject({ overtaken: 0, leftOut: 1 });
    }
    await expect(journal.requestReplay("app", { fromSeq: 1 })).resolves.toMatchObject({ count: 2, leftOut: 1 });
    await expect(seqs(journal)).resolves.toEqual([1, 3]);
  });

  test("comes where it is named, and is an event like any other from then on", async () => {
    const journal = await journalWithHeld();
    const named = { ids: ["event_000002"] };
    await expect(journal.requestReplay("app", named)).resolves.toMatchObject({ count: 1, leftOut: 0 });
    await expect(seqs(journal)).resolves.toEqual([2]);
    await step(journal, { started: [2], lowSeq: 3 });
    await step(journal, { finished: [delivered(2)], lowSeq: 3 });
    await expect(journal.countReplay("app", { fromSeq: 1 })).resolves.toMatchObject({ count: 3, leftOut: 0 });
    await expect(journal.requestReplay("app", { toSeq: 1 })).rejects.toMatchObject({ code: "superseded" });
  });

  test("is not what a sink gave up after a try: nobody knows what came of that, and a leaver must not come back", async () => {
    const journal = await journalWithHeld(dead(2));
    await expect(journal.countReplay("app", { fromSeq: 1 })).resolves.toMatchObject({ count: 3, leftOut: 0 });
    await expect(journal.requestReplay("app", { toSeq: 1 })).rejects.toMatchObject({ code: "superseded" });
  });

  test("is counted with what else was asked of that sink, and known by its event, for whoever reads the file beside", async () => {
    const path = newStateFile();
    const journal = await journalWithHeld(held, path);
    const database = connect(path, { busyTimeoutMs: 1_000, readonly: true });
    const [ofApp, ofNobody] = [decisionsOf(database, "app"), decisionsOf(database, "nobody")];
    const before = ofApp.count();
    await journal.requestReplay("app", { ids: ["event_000001"] });
    expect(ofApp.count()).toBe(before + 1);
    expect([ofApp.has("event_000002"), ofApp.has("event_000001")]).toEqual([true, false]);
    expect([ofNobody.count(), ofNobody.has("event_000002")]).toEqual([0, false]);
    database.close();
  });
});

test("a person who lets something go on has decided about it where a guard held it, and not where it failed", async () => {
  const path = newStateFile();
  const journal = await boundJournal(path);
  await append(
    journal,
    [1, 2].map((number) => makeEvent(number, { user: `u${number}` })),
  );
  await journal.addSink("app");
  const guarded: Outcome = { seq: 1, result: "dead", failure: { ...failure, code: guardedCode } };
  await step(journal, { started: [1, 2], lowSeq: 0 });
  await step(journal, { finished: [guarded, dead(2)], lowSeq: 2 });
  for (const seq of [1, 2]) await journal.redrive("app", seq, {});
  const database = connect(path, { busyTimeoutMs: 1_000, readonly: true });
  const decisions = decisionsOf(database, "app");
  expect([decisions.has("event_000001"), decisions.has("event_000002")]).toEqual([true, false]);
  database.close();
});
