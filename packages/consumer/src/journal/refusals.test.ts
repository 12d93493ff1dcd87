/**
 * Every statement of the journal fails once, as on a disk that is full just then. What was under way has then not happened at
 * all, in the file or in memory, and done again it comes to the same.
 */
import { SinkError } from "@dirsync/sdk";
import { test } from "vitest";
import { makeEvent, makeLog } from "../fixtures/events.ts";
import { dead, delivered, failure, step } from "../fixtures/journal-steps.ts";
import { emptyStateFile } from "../fixtures/fragile-database.ts";
import { expectWholeOrNothing, type Life } from "../fixtures/refused-statements.ts";
import { guardedCode } from "./decisions.ts";
import type { Journal } from "./model.ts";
import type { Outcome } from "../model.ts";

/** A life in which everything is done once that the holder of a journal and its visitors may do. */
const life: Life = [
  ["bind", (journal) => journal.bind("https://log.test", { from: "start" })],
  ["add a sink", (journal) => journal.addSink("app")],
  ["append", (journal) => append(journal, makeLog(1, 6, 2), null)],
  ["read", (journal) => journal.read("app", 0, 4)],
  ["begin", (journal) => step(journal, { started: [1, 2, 3, 4], nowMs: 5 })],
  [
    "end in every way",
    (journal) =>
      step(journal, {
        finished: [
          delivered(1),
          dead(2),
          { seq: 3, result: "retry", failure, nextAtMs: 0, attempts: 1 },
          { seq: 4, result: "skipped" },
        ],
        started: [5],
        lowSeq: 2,
        nowMs: 6,
      }),
  ],
  ["append what is there, late and no event", (journal) => appendOddities(journal)],
  ["read on", (journal) => journal.read("app", 0, 20)],
  ["begin again", (journal) => step(journal, { started: [3, 6], lowSeq: 2, nowMs: 7 })],
  [
    "end",
    (journal) =>
      step(journal, { finished: [delivered(3), delivered(5), { seq: 6, result: "parked" }], lowSeq: 6, nowMs: 8 }),
  ],
  ["look", (journal) => journal.status()],
  ["list", (journal) => journal.deadLetters()],
  ["keep", (journal) => journal.kept("app", { afterSeq: 0, limit: 10 })],
  ["redrive", (journal) => journal.redrive("app", 2, { force: true })],
  ["begin the letter", (journal) => step(journal, { started: [2], lowSeq: 6, nowMs: 9 })],
  ["bury it again", (journal) => step(journal, { finished: [dead(2)], lowSeq: 6, nowMs: 10 })],
  ["replay", (journal) => journal.requestReplay("app", { fromSeq: 1, toSeq: 4 }, { force: true })],
  ["withdraw", (journal) => journal.withdrawOvertaken("app")],
  ["read what is asked for", (journal) => journal.read("app", 0, 20)],
  ["end the replay", (journal) => step(journal, { finished: [1, 3, 4].map((seq) => delivered(seq)), lowSeq: 6 })],
  ["discard", (journal) => journal.discard("app", 2)],
  ["note an effect", (journal) => journal.noteEffect("app", { name: "mail", key: "u1" }, 11)],
  [
    "apply",
    (journal) =>
      journal.apply("app", [
        { seq: 7, work: insert },
        { seq: 8, work: refuse },
      ]),
  ],
  ["settle what was applied", (journal) => step(journal, { finished: [delivered(7)], lowSeq: 7 })],
  ["say something", (journal) => journal.noteHolder("all is well", 11)],
  [
    "append what nobody knows",
    (journal) => append(journal, [makeEvent(9, { name: "dsync.user.promoted" })], "event_000008"),
  ],
  ["begin what will be held", (journal) => step(journal, { started: [8, 9], lowSeq: 7, nowMs: 11 })],
  ["hold", (journal) => step(journal, { finished: [dead(8), guarded(9)], lowSeq: 9, nowMs: 11 })],
  ["give up what is held", (journal) => journal.discard("app", 9)],
  ["replay what was given up", (journal) => journal.requestReplay("app", { ids: ["event_000009"] })],
  ["append what overtakes", (journal) => append(journal, [removed], "event_000009")],
  ["deliver it", (journal) => step(journal, { finished: [delivered(9), delivered(10)], lowSeq: 10, nowMs: 11 })],
  ["redrive with the latest state", (journal) => journal.redrive("app", 8, { latest: true })],
  ["rest", (journal) => journal.markCaughtUp(12, 12)],
  ["leave a gap", (journal) => leaveGap(journal)],
  ["purge", (journal) => journal.purge({ userId: "u1" })],
  ["prune", (journal) => journal.prune(1_000, 10)],
  ["sweep", (journal) => journal.sweep(10)],
  ["remove the sink", (journal) => journal.removeSink("app")],
  ["discard what is no event", (journal) => discardRefused(journal)],
];

const removed = makeEvent(10, { name: "dsync.group.user_removed", user: "u2", group: "g1" });

const guarded = (seq: number): Outcome => ({ seq, result: "dead", failure: { ...failure, code: guardedCode } });

function append(journal: Journal, events: ReturnType<typeof makeLog>, expectedCursor: string | null): Promise<unknown> {
  return journal.append({ events, expectedCursor, receivedAtMs: 1, isParsed: true });
}

function appendOddities(journal: Journal): Promise<unknown> {
  const membership = makeEvent(8, { name: "dsync.group.user_added", user: "u2", group: "g1" });
  return journal.append({
    events: [makeEvent(6, { user: "u6", directory: "d1" }), makeEvent(7, { user: "u1" }), membership],
    refused: [
      {
        index: 3,
        id: "event_x",
        value: { id: "event_x", odd: true },
        issues: [{ path: "event", message: "expected text" }],
      },
    ],
    late: new Set(["event_000007"]),
    expectedCursor: "event_000006",
    receivedAtMs: 2,
    isParsed: true,
  });
}

const insert = (database: { exec(sql: string): void }): void => {
  database.exec("CREATE TABLE IF NOT EXISTS app_user (id)");
  database.exec("INSERT INTO app_user VALUES ('u1')");
};

const refuse = (): void => {
  throw new SinkError("no", { verdict: "retry" });
};

async function leaveGap(journal: Journal): Promise<unknown> {
  const { cursor } = await journal.status();
  return journal.move({ expectedCursor: cursor, cursor: null, start: { from: "start" }, gap: "expired", atMs: 13 });
}

async function discardRefused(journal: Journal): Promise<unknown> {
  const [letter] = await journal.sourceDeadLetters();
  return letter === undefined ? null : journal.discardSourceDeadLetter(letter.hash, 14);
}

test("whichever statement the disk refuses, nothing of its transaction is there, and done again it comes to the same", async () => {
  await expectWholeOrNothing(life, await emptyStateFile());
});
