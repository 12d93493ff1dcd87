import { describe, expect, test } from "vitest";
import { type EventFacts, makeEvent } from "../fixtures/events.ts";
import { append, boundJournal, dead, delivered, failure, seqs, step } from "../fixtures/journal-steps.ts";
import { newStateFile } from "../fixtures/state-file.ts";
import type { Outcome } from "../model.ts";
import type { Journal } from "./model.ts";
import type { ReplaySelection } from "./requests.ts";
import { openJournal } from "./open.ts";

/** Eight events: 1 to 5 are finished, of which 3 is a dead letter; 6 is parked, 7 was delivered out of turn, 8 waits. */
async function journalOfEight(path?: string): Promise<Journal> {
  const journal = await boundJournal(path);
  await append(journal, [
    makeEvent(1, { user: "u1" }),
    makeEvent(2, { user: "u2", directory: "d2" }),
    makeEvent(3, { user: "u3" }),
    makeEvent(4, { name: "dsync.group.user_added", user: "u1", group: "g1" }),
    makeEvent(5, { name: "dsync.deleted", directory: "d2" }),
    makeEvent(6, { user: "u6" }),
    makeEvent(7, { user: "u7" }),
    makeEvent(8, { user: "u8" }),
  ]);
  await journal.addSink("app");
  await step(journal, { started: [1, 2, 3, 4, 5, 7] });
  const finished = [delivered(1), delivered(2), dead(3), delivered(4), delivered(5), delivered(7)];
  await step(journal, { finished: [...finished, { seq: 6, result: "parked" }], lowSeq: 5 });
  return journal;
}

describe("a replay takes what was finished and is all of what is asked for", () => {
  test("of a journal that has no events there is none", async () => {
    const journal = await boundJournal();
    await journal.addSink("app");
    const nothing = { count: 0, firstSeq: null, lastSeq: null, overtaken: 0, leftOut: 0 };
    await expect(journal.countReplay("app", { fromSeq: 1 })).resolves.toEqual(nothing);
    await expect(journal.requestReplay("app", { since: "2026-01-01T00:00:00Z" })).resolves.toEqual(nothing);
  });

  test.each<[string, ReplaySelection, readonly number[]]>([
    ["from a position: no dead letter, nothing parked, nothing that waits", { fromSeq: 1 }, [1, 2, 4, 5, 7]],
    ["between two positions", { fromSeq: 2, toSeq: 4 }, [2, 4]],
    ["by id", { ids: ["event_000002", "event_000003", "event_000099"] }, [2]],
    ["by what they are about", { entity: "membership:g1:u1" }, [4]],
    ["of a directory, its end included", { directory: "d2" }, [2, 5]],
    ["of a user, memberships included", { user: "u1" }, [1, 4]],
    ["since a time", { since: "2026-01-15T12:00:04Z" }, [4, 5, 7]],
    [
      "since a time in another zone, before another",
      { since: "2026-01-15T13:00:02+01:00", until: "2026-01-15T12:00:05Z" },
      [2, 4],
    ],
    ["of a user since a time", { user: "u1", since: "2026-01-15T12:00:02Z" }, [4]],
    ["of nobody", { user: "u99" }, []],
  ])("%s", async (_name, selection, expected) => {
    const journal = await journalOfEight();
    const report = { count: expected.length, firstSeq: expected[0] ?? null, lastSeq: expected.at(-1) ?? null };
    await expect(journal.countReplay("app", selection)).resolves.toMatchObject(report);
    await expect(seqs(journal)).resolves.toEqual([8]);
    await expect(journal.requestReplay("app", selection, { force: true })).resolves.toMatchObject(report);
    const items = await journal.read("app", 0, 100);
    expect(items.filter(({ replay }) => replay).map(({ seq }) => seq)).toEqual(expected);
    expect(items.map(({ seq }) => seq)).toEqual([...expected, 8]);
  });

  test("is waiting work, keeps its events, and changes no mark", async () => {
    const path = newStateFile();
    const journal = await journalOfEight(path);
    await journal.requestReplay("app", { fromSeq: 1 });
    await journal.prune(Number.MAX_SAFE_INTEGER, 100);
    expect((await journal.status()).sinks).toMatchObject([{ lowSeq: 5, pending: 6, deadLetters: 1, parked: 1 }]);
    await journal.close();
    const again = await boundJournal(path);
    await expect(again.addSink("app")).resolves.toEqual({ lowSeq: 5, finishedAbove: [6, 7] });
    await expect(seqs(again)).resolves.toEqual([1, 2, 4, 5, 7, 8]);
  });

  test("leaves no trace once it is delivered", async () => {
    const journal = await journalOfEight();
    await journal.requestReplay("app", { fromSeq: 1 });
    await step(journal, { started: [1, 2, 4, 5, 7], lowSeq: 5 });
    await step(journal, { finished: [1, 2, 4, 5, 7, 8].map((seq) => delivered(seq)), lowSeq: 8 });
    expect((await journal.status()).sinks).toMatchObject([{ lowSeq: 8, pending: 0 }]);
    await expect(seqs(journal)).resolves.toEqual([]);
  });

  test("of what was applied a moment ago outlives the steps that follow", async () => {
    const journal = await boundJournal();
    await append(journal, [makeEvent(1, { user: "u1" }), makeEvent(2, { user: "u2" })]);
    await journal.addSink("app");
    await step(journal, { started: [1, 2] });
    await journal.apply("app", [{ seq: 1, work: () => undefined }]);
    await journal.requestReplay("app", { ids: ["event_000001"] });
    await step(journal, { finished: [delivered(2)] });
    await step(journal, { finished: [delivered(1)], lowSeq: 2 });
    await expect(seqs(journal)).resolves.toEqual([1]);
  });

  test("can be asked for by a visitor, and raises what a running dispatcher looks at", async () => {
    const path = newStateFile();
    const journal = await journalOfEight(path);
    const before = await journal.requests("app");
    const visitor = await openJournal({ path, role: "visitor" });
    await visitor.countReplay("app", { user: "u1" });
    await expect(journal.requests("app")).resolves.toBe(before);
    await visitor.requestReplay("app", { user: "u1" });
    await visitor.close();
    await expect(journal.requests("app")).resolves.toBeGreaterThan(before);
  });
});

describe("a replay that would bring back an old state", () => {
  const created = { name: "dsync.user.created", user: "u1" };
  const added = { name: "dsync.group.user_added", user: "u1", group: "g1" };

  test.each<[string, readonly EventFacts[], ReplaySelection, number]>([
    ["without the later state", [created, { user: "u1" }], { toSeq: 1 }, 1],
    ["with the later state", [created, { user: "u1" }], { fromSeq: 1 }, 0],
    ["of the later state alone", [created, { user: "u1" }], { fromSeq: 2 }, 0],
    ["without the leaving", [created, { name: "dsync.user.deleted", user: "u1" }], { toSeq: 1 }, 1],
    ["beside the leaving of another", [created, { name: "dsync.user.deleted", user: "u2" }], { toSeq: 1 }, 0],
    ["without the end of the directory", [created, { name: "dsync.deleted", directory: "d1" }], { toSeq: 1 }, 1],
    [
      "of a membership without the end of its user",
      [added, { name: "dsync.user.deleted", user: "u1" }],
      { toSeq: 1 },
      1,
    ],
    [
      "up to a state, without the end of the directory behind it",
      [created, { user: "u1" }, { name: "dsync.deleted", directory: "d1" }],
      { toSeq: 2 },
      2,
    ],
  ])("%s: %o", async (_name, facts, selection, overtaken) => {
    const journal = await boundJournal();
    const log = facts.map((fact, index) => makeEvent(index + 1, fact));
    await append(journal, log);
    await journal.addSink("app");
    await step(journal, { finished: log.map((_event, index) => delivered(index + 1)), lowSeq: log.length });
    await expect(journal.countReplay("app", selection)).resolves.toMatchObject({ overtaken });
    const asking = journal.requestReplay("app", selection);
    if (overtaken === 0) {
      await expect(asking).resolves.toMatchObject({ overtaken });
      return;
    }
    await expect(asking).rejects.toMatchObject({
      code: "superseded",
      message: expect.stringMatching(/--force/) as string,
    });
    await expect(seqs(journal)).resolves.toEqual([]);
    await expect(journal.requestReplay("app", selection, { force: true })).resolves.toMatchObject({ overtaken });
    await expect(seqs(journal)).resolves.not.toEqual([]);
  });

  test("what has not come to the sink yet comes after it, and overtakes nothing", async () => {
    const journal = await boundJournal();
    await append(journal, [makeEvent(1, created), makeEvent(2, { name: "dsync.user.deleted", user: "u1" })]);
    await journal.addSink("app");
    await step(journal, { finished: [delivered(1)], lowSeq: 1 });
    await expect(journal.requestReplay("app", { toSeq: 1 })).resolves.toMatchObject({ count: 1, overtaken: 0 });
    await expect(seqs(journal)).resolves.toEqual([1, 2]);
  });
});

describe("a replay is refused", () => {
  test("for a sink that there is not", async () => {
    const journal = await journalOfEight();
    await expect(journal.requestReplay("other", { fromSeq: 1 })).rejects.toMatchObject({ code: "missing" });
    await expect(journal.countReplay("other", { fromSeq: 1 })).rejects.toMatchObject({ code: "missing" });
  });

  test("of everything, when that may be a mistake", async () => {
    const journal = await journalOfEight();
    await expect(journal.requestReplay("app", {})).rejects.toMatchObject({
      code: "config_invalid",
      where: "selection",
    });
  });

  test("since what is no time", async () => {
    const journal = await journalOfEight();
    const refused = journal.requestReplay("app", { since: "yesterday" });
    await expect(refused).rejects.toMatchObject({ code: "config_invalid", where: "since" });
  });
});

describe("a side effect", () => {
  test("is on record for its sink, name and key, over a restart", async () => {
    const path = newStateFile();
    const journal = await journalOfEight(path);
    const mail = { name: "welcome mail", key: "u1" };
    await expect(journal.hasEffect("app", mail)).resolves.toBe(false);
    await journal.noteEffect("app", mail, 5);
    await journal.noteEffect("app", mail, 6);
    await journal.close();
    const again = await boundJournal(path);
    await again.addSink("hook");
    await expect(again.hasEffect("app", mail)).resolves.toBe(true);
    await expect(again.hasEffect("hook", mail)).resolves.toBe(false);
    await expect(again.hasEffect("app", { ...mail, key: "u2" })).resolves.toBe(false);
    await expect(again.hasEffect("app", { ...mail, name: "mail" })).resolves.toBe(false);
  });

  test("is forgotten a year after events of its time", async () => {
    const journal = await journalOfEight();
    const yearMs = 365 * 24 * 60 * 60 * 1_000;
    await journal.noteEffect("app", { name: "mail", key: "u1" }, 1_000);
    await journal.prune(1_000 + yearMs, 100);
    await expect(journal.hasEffect("app", { name: "mail", key: "u1" })).resolves.toBe(true);
    await journal.prune(1_001 + yearMs, 100);
    await expect(journal.hasEffect("app", { name: "mail", key: "u1" })).resolves.toBe(false);
  });
});

test.each([
  ["below the mark", 1, 5],
  ["above the mark", 7, 5],
])("a step that comes twice does not undo what was asked for in between, %s", async (_where, seq, lowSeq) => {
  const journal = await journalOfEight();
  await step(journal, { finished: [delivered(seq)], lowSeq });
  await journal.requestReplay("app", { fromSeq: seq, toSeq: seq }, { force: true });
  await step(journal, { finished: [delivered(seq)], lowSeq });
  await expect(seqs(journal)).resolves.toContain(seq);
  await step(journal, { started: [seq], lowSeq });
  await step(journal, { finished: [delivered(seq)], lowSeq });
  await expect(seqs(journal)).resolves.not.toContain(seq);
});

test("a replay that was given up and that a person forces is not withdrawn because it was overtaken", async () => {
  const journal = await boundJournal();
  await append(journal, [makeEvent(1, { user: "u1" })]);
  await journal.addSink("app");
  await step(journal, { finished: [delivered(1)], lowSeq: 1 });
  await journal.requestReplay("app", { fromSeq: 1 });
  await step(journal, { started: [1], lowSeq: 1 });
  await step(journal, { finished: [dead(1)], lowSeq: 1 });
  await append(journal, [makeEvent(2, { user: "u1" })]);
  await step(journal, { finished: [delivered(2)], lowSeq: 2 });
  await journal.redrive("app", 1, { force: true });
  await expect(journal.withdrawOvertaken("app")).resolves.toBe(0);
  await expect(seqs(journal)).resolves.toEqual([1]);
});

test("a replay that was begun is not given up, also when its try was not charged to it", async () => {
  for (const started of [[1], []]) {
    const journal = await boundJournal();
    await append(journal, [makeEvent(1, { user: "u1" })]);
    await journal.addSink("app");
    await step(journal, { started: [1] });
    await step(journal, { finished: [delivered(1)], lowSeq: 1 });
    await journal.requestReplay("app", { fromSeq: 1 });
    await step(journal, { started, lowSeq: 1 });
    const retry: Outcome = {
      seq: 1,
      result: "retry",
      nextAtMs: 9,
      attempts: 0,
      failure: { ...failure, verdict: "retry" },
    };
    if (started.length > 0) await step(journal, { finished: [retry], lowSeq: 1 });
    await append(journal, [makeEvent(2, { user: "u1" })]);
    await step(journal, { started: [2], lowSeq: 1 });
    await expect(journal.withdrawOvertaken("app")).resolves.toBe(started.length > 0 ? 0 : 1);
  }
});

test("a replay is not given up for an end that was before it: a membership of a group that came back is no old state", async () => {
  const journal = await boundJournal();
  const added: EventFacts = { name: "dsync.group.user_added", user: "u1", group: "g1" };
  const facts: EventFacts[] = [added, { name: "dsync.group.deleted", group: "g1" }, added];
  await append(
    journal,
    facts.map((fact, index) => makeEvent(index + 1, fact)),
  );
  await journal.addSink("app");
  await step(journal, { finished: [1, 2, 3].map(delivered), lowSeq: 3 });
  await journal.requestReplay("app", { ids: ["event_000003"] });
  await expect(journal.withdrawOvertaken("app")).resolves.toBe(0);
  await expect(seqs(journal)).resolves.toEqual([3]);
});
