import type { DirectoryEvent } from "@dirsync/sdk";
import { describe, expect, test } from "vitest";
import { type EventFacts, makeEvent, makeLog } from "../fixtures/events.ts";
import { append, boundJournal, dead, delivered, seqs, step, withDeadLetter } from "../fixtures/journal-steps.ts";
import { newStateFile } from "../fixtures/state-file.ts";
import { connect } from "./sqlite.ts";

const dayMs = 24 * 60 * 60 * 1_000;
const created: EventFacts = { name: "dsync.user.created", user: "u1" };

describe("forgetting", () => {
  test("takes old events that every sink has finished, and nothing else", async () => {
    const journal = await boundJournal();
    await append(journal, makeLog(1, 3), 0);
    await append(journal, makeLog(4, 6), 10 * dayMs);
    for (const sink of ["app", "hook"]) await journal.addSink(sink);
    await step(journal, { finished: [1, 2, 3, 4, 5, 6].map(delivered), lowSeq: 6 }, "app");
    await step(journal, { finished: [1, 2].map(delivered), lowSeq: 2 }, "hook");
    await expect(journal.prune(5 * dayMs, 100)).resolves.toBe(2);
    await expect(seqs(journal, "hook", 0)).resolves.toEqual([3, 4, 5, 6]);
    await step(journal, { finished: [3, 4, 5, 6].map(delivered), lowSeq: 6 }, "hook");
    await expect(journal.prune(5 * dayMs, 100)).resolves.toBe(1);
    await expect(journal.prune(5 * dayMs, 100)).resolves.toBe(0);
  });

  test("goes in steps of the size asked for", async () => {
    const journal = await boundJournal();
    await append(journal, makeLog(1, 10));
    await journal.addSink("app");
    await step(journal, { lowSeq: 10 });
    const steps = [await journal.prune(1, 4), await journal.prune(1, 4), await journal.prune(1, 4)];
    expect(steps).toEqual([4, 4, 1]);
  });

  test("takes nothing while there is no sink", async () => {
    const journal = await boundJournal();
    await append(journal, makeLog(1, 3));
    await expect(journal.prune(1, 100)).resolves.toBe(0);
  });

  test("keeps dead letters and what waits to be redriven", async () => {
    const journal = await withDeadLetter([created, { user: "u2" }, { user: "u3" }]);
    await journal.prune(dayMs, 100);
    await expect(journal.deadLetters()).resolves.toMatchObject([{ event: { id: "event_000001" } }]);
    await journal.redrive("app", 1, {});
    await journal.prune(dayMs, 100);
    await expect(journal.read("app", 0, 10)).resolves.toMatchObject([{ seq: 1 }]);
  });

  test("does not make an old state look current: what has overtaken a dead letter stays known", async () => {
    const journal = await withDeadLetter([created, { name: "dsync.user.deleted", user: "u1" }, { user: "u2" }]);
    await expect(journal.prune(dayMs, 100)).resolves.toBe(1);
    await expect(journal.deadLetters()).resolves.toMatchObject([{ supersededBy: "event_000002" }]);
    await expect(journal.redrive("app", 1, {})).rejects.toMatchObject({ code: "superseded" });
  });

  test("also not where older events of the same object are forgotten with it", async () => {
    const journal = await boundJournal();
    const facts = [created, { user: "u1" }, { name: "dsync.user.deleted", user: "u1" }, { user: "u2" }];
    await append(
      journal,
      facts.map((fact, index) => makeEvent(index + 1, fact)),
    );
    await journal.addSink("app");
    await step(journal, { started: [2], lowSeq: 0 });
    await step(journal, { finished: [delivered(1), dead(2), delivered(3), delivered(4)], lowSeq: 4 });
    await expect(journal.prune(dayMs, 100)).resolves.toBe(2);
    await expect(journal.deadLetters()).resolves.toMatchObject([{ seq: 2, supersededBy: "event_000003" }]);
  });

  const joined: EventFacts = { name: "dsync.group.user_added", user: "u:1", group: "g:1" };
  test.each<[string, EventFacts, EventFacts]>([
    ["its directory", created, { name: "dsync.deleted", directory: "d1" }],
    ["the user of a membership", joined, { name: "dsync.user.deleted", user: "u:1" }],
    ["the group of a membership", joined, { name: "dsync.group.deleted", group: "g:1" }],
  ])("also not when that was the end of %s", async (_what, letter, end) => {
    const journal = await withDeadLetter([letter, end, { user: "u2" }]);
    await expect(journal.prune(dayMs, 100)).resolves.toBe(1);
    await expect(journal.deadLetters()).resolves.toMatchObject([{ supersededBy: "event_000002" }]);
  });

  test("reads no letter that nothing of it can have overtaken: there may be a hundred thousand", async () => {
    const path = newStateFile();
    const other: EventFacts = { name: "dsync.user.deleted", user: "u2" };
    const journal = await withDeadLetter([created, other, { user: "u3" }], path);
    const database = connect(path, { busyTimeoutMs: 0 });
    database.exec("UPDATE event SET body = 'unreadable' WHERE seq = 1");
    database.close();
    await expect(journal.prune(dayMs, 100)).resolves.toBe(1);
  });

  test("lets a new sink start behind the gap, where its mark can move, and not at another sink's dead letter", async () => {
    const journal = await withDeadLetter([created, { user: "u2" }, { user: "u3" }]);
    await journal.prune(dayMs, 100);
    await append(journal, makeLog(4, 5), 10 * dayMs);
    const { lowSeq } = await journal.addSink("new");
    await expect(seqs(journal, "new", lowSeq)).resolves.toEqual([3, 4, 5]);
    expect((await journal.status()).sinks).toMatchObject([{ name: "app" }, { name: "new", lowSeq: 2, pending: 3 }]);
  });
});

describe("an event is out of place", () => {
  const hour = 3_600;

  test.each<[string, DirectoryEvent, boolean]>([
    ["when the journal has it", makeEvent(2), true],
    ["not when it is new and later", makeEvent(9, { second: 10 * hour + 1 }), false],
    ["not when a clock was a little off", makeEvent(9, { second: 10 * hour - 299 }), false],
    ["when it is much older, though unknown", makeEvent(9, { second: 10 * hour - 301 }), true],
    ["not when nobody can tell when it was made", { ...makeEvent(9), created_at: "yesterday" }, false],
  ])("%s", async (_name, event, isOut) => {
    const journal = await boundJournal();
    await append(journal, [makeEvent(1), makeEvent(2), makeEvent(3, { second: 10 * hour })]);
    await expect(journal.isOutOfPlace(event)).resolves.toBe(isOut);
  });

  test("not where nothing was read yet", async () => {
    await expect((await boundJournal()).isOutOfPlace(makeEvent(1))).resolves.toBe(false);
  });

  test("also when everything old was forgotten: the event at the cursor is kept", async () => {
    const journal = await boundJournal();
    await append(journal, [...makeLog(1, 5), makeEvent(6, { second: 100 * hour })]);
    await journal.addSink("app");
    await step(journal, { lowSeq: 6 });
    await expect(journal.prune(dayMs, 100)).resolves.toBe(5);
    await expect(journal.isOutOfPlace(makeEvent(1))).resolves.toBe(true);
    await expect(journal.isOutOfPlace(makeEvent(6))).resolves.toBe(true);
  });
});

test("nobody can tell of what is as old as something that was forgotten whether it was had, and of all else they can", async () => {
  const journal = await boundJournal();
  const events = [1, 2, 3].map((number) => makeEvent(number, { second: number }));
  await append(journal, events, 0);
  await journal.addSink("app");
  await step(journal, { lowSeq: 3 });
  const seconds = [1, 2, 3, 4];
  const untold = async (): Promise<readonly number[]> => {
    const told = await Promise.all(seconds.map((second) => journal.mayHaveForgotten(makeEvent(9, { second }))));
    return seconds.filter((_second, index) => told[index] === true);
  };
  await expect(untold()).resolves.toEqual([]);
  // The event at the cursor stays.
  await expect(journal.prune(1, 100)).resolves.toBe(2);
  await expect(untold()).resolves.toEqual([1, 2, 3]);
  await expect(journal.mayHaveForgotten({ ...makeEvent(9), created_at: "yesterday" })).resolves.toBe(false);
});

describe("what outlives those behind it as some sink's dead letter", () => {
  /** Somebody was changed, which one sink gave up, and has left; both sinks are finished with it, and the leaving is forgotten. */
  async function journalOfLeaver() {
    const other = { user: "u2" };
    const journal = await withDeadLetter([{ user: "u1" }, { name: "dsync.user.deleted", user: "u1" }, other, other]);
    await journal.addSink("hook");
    await step(journal, { finished: [1, 2, 3, 4].map(delivered), lowSeq: 4 }, "hook");
    await expect(journal.prune(1, 100)).resolves.toBe(2);
    return journal;
  }

  test("comes to no other sink by a replay: the leaver would be back", async () => {
    const journal = await journalOfLeaver();
    await expect(journal.countReplay("hook", { fromSeq: 1 })).resolves.toMatchObject({ count: 1, firstSeq: 4 });
    await expect(journal.countReplay("hook", { user: "u1" })).resolves.toMatchObject({ count: 0 });
    const named = { ids: ["event_000001"] };
    await expect(journal.requestReplay("hook", named)).rejects.toMatchObject({ code: "superseded" });
    await expect(journal.requestReplay("hook", named, { force: true })).resolves.toMatchObject({ count: 1 });
  });

  test("is forgotten later, and takes nothing back of what was: a new sink still begins behind all of it", async () => {
    const journal = await journalOfLeaver();
    await journal.discard("app", 1);
    await expect(journal.prune(1, 100)).resolves.toBe(1);
    await expect(journal.addSink("new")).resolves.toMatchObject({ lowSeq: 3 });
  });
});
