/** I10: in the place of a dead letter that was overtaken, its object's latest state can be had, and never its old one. */
import { describe, expect, test } from "vitest";
import { dispatchRig } from "../fixtures/dispatch-rig.ts";
import { type EventFacts, makeEvent } from "../fixtures/events.ts";
import { append, dead, delivered, seqs, step, withDeadLetter } from "../fixtures/journal-steps.ts";
import { newStateFile } from "../fixtures/state-file.ts";
import { guardedCode } from "./decisions.ts";
import { connect } from "./sqlite.ts";

const created: EventFacts = { name: "dsync.user.created", user: "u1" };
const updated: EventFacts = { name: "dsync.user.updated", user: "u1" };
const added: EventFacts = { name: "dsync.group.user_added", user: "u1", group: "g1" };
const groupEnded: EventFacts = { name: "dsync.group.deleted", group: "g1" };
const ended: EventFacts = { name: "dsync.deleted", directory: "d1" };

describe("the latest state in the place of a dead letter", () => {
  test.each<[string, readonly EventFacts[], number]>([
    ["is its own where nothing has overtaken it", [created, { user: "u2" }], 1],
    ["is that of the last event about its user", [created, updated, { user: "u2" }, updated, { user: "u2" }], 4],
    ["is the end of the user", [created, updated, { name: "dsync.user.deleted", user: "u1" }], 3],
    ["is the return of the user", [{ name: "dsync.user.deleted", user: "u1" }, created], 2],
    ["is the end of its directory", [created, updated, ended], 3],
    ["is the end of the membership", [added, { name: "dsync.group.user_removed", user: "u1", group: "g1" }], 2],
    ["is the membership again, after the end of the group", [added, groupEnded, added], 3],
    ["is the end of the group", [added, groupEnded], 2],
  ])("%s", async (_name, facts, expected) => {
    const path = newStateFile();
    const journal = await withDeadLetter(facts, path);
    const id = makeEvent(expected).id;
    await expect(journal.redrive("app", 1, { latest: true })).resolves.toBe(id);
    await expect(seqs(journal)).resolves.toEqual([expected]);
    await expect(journal.deadLetters()).resolves.toEqual([]);
    const { run, tried } = await dispatchRig({ journal });
    await run();
    expect(tried).toEqual([id]);
    expect((await journal.status()).sinks).toMatchObject([{ pending: 0, deadLetters: 0, lowSeq: facts.length }]);
  });

  test("is a dead letter itself where that was given up too, and gets its tries", async () => {
    const journal = await withDeadLetter([created]);
    await append(journal, [makeEvent(2, updated)]);
    await step(journal, { started: [2], lowSeq: 1 });
    await step(journal, { finished: [dead(2)], lowSeq: 2 });
    await expect(journal.redrive("app", 1, { latest: true })).resolves.toBe("event_000002");
    await expect(journal.deadLetters()).resolves.toEqual([]);
    await expect(journal.read("app", 0, 10)).resolves.toMatchObject([{ seq: 2, attempts: 0, redriven: true }]);
  });

  test("is refused where a guard holds it: nobody has decided about that", async () => {
    const journal = await withDeadLetter([created]);
    await append(journal, [makeEvent(2, { name: "dsync.user.deleted", user: "u1" })]);
    await step(journal, { started: [2], lowSeq: 1 });
    const held = { code: guardedCode, message: "held", verdict: "dead" } as const;
    await step(journal, { finished: [{ seq: 2, result: "dead", failure: held }], lowSeq: 2 });
    await expect(journal.redrive("app", 1, { latest: true })).rejects.toThrow(
      /event_000002.*guard holds.*dirsync approve/,
    );
    await expect(journal.deadLetters()).resolves.toMatchObject([
      { seq: 1 },
      { seq: 2, failure: { code: guardedCode } },
    ]);
  });

  test("comes once more where the sink has had it, also behind what it has not finished", async () => {
    const journal = await withDeadLetter([created]);
    await append(journal, [makeEvent(2, { user: "u2" }), makeEvent(3, updated)]);
    await step(journal, { started: [2, 3], lowSeq: 1 });
    await step(journal, { finished: [delivered(3)], lowSeq: 1 });
    await expect(journal.redrive("app", 1, { latest: true })).resolves.toBe("event_000003");
    await expect(seqs(journal)).resolves.toEqual([2, 3]);
  });

  test("is not asked for again where it is being tried", async () => {
    const journal = await withDeadLetter([created]);
    await append(journal, [makeEvent(2, updated)]);
    await step(journal, { started: [2], lowSeq: 1 });
    await expect(journal.redrive("app", 1, { latest: true })).resolves.toBe("event_000002");
    await expect(journal.deadLetters()).resolves.toEqual([]);
    await step(journal, { finished: [delivered(2)], lowSeq: 2 });
    await expect(seqs(journal)).resolves.toEqual([]);
  });

  test("is refused where it is not there any more, and the letter stays", async () => {
    const path = newStateFile();
    const journal = await withDeadLetter([created, updated, { user: "u2" }], path);
    await journal.prune(10, 100);
    await expect(journal.redrive("app", 1, { latest: true })).rejects.toThrow(
      /overtaken by event_000002.*forgotten.*Discard/,
    );
    await expect(journal.deadLetters()).resolves.toMatchObject([{ seq: 1, supersededBy: "event_000002" }]);
  });

  test("is refused where it is blank, and nothing is changed", async () => {
    const path = newStateFile();
    const journal = await withDeadLetter([created, updated], path);
    const database = connect(path, { busyTimeoutMs: 1_000 });
    database.exec("UPDATE event SET flags = flags | 4 WHERE seq = 2");
    database.close();
    await expect(journal.redrive("app", 1, { latest: true })).rejects.toThrow(/event_000002.*is blank/);
    await expect(journal.deadLetters()).resolves.toMatchObject([{ seq: 1 }]);
  });

  test("is of a letter that there is", async () => {
    const journal = await withDeadLetter([created]);
    await expect(journal.redrive("app", 2, { latest: true })).rejects.toMatchObject({ code: "missing" });
  });
});
