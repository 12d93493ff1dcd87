/** What a guard finds in the state file when its process begins: those whom its sink has seen leave, and no others. */
import type { DirectoryEvent } from "@dirsync/sdk";
import { describe, expect, test } from "vitest";
import { makeEvent } from "../fixtures/events.ts";
import { append, boundJournal, dead, delivered, step } from "../fixtures/journal-steps.ts";
import { newStateFile } from "../fixtures/state-file.ts";
import { guardedCode } from "../journal/decisions.ts";
import type { Journal } from "../journal/model.ts";
import type { Outcome } from "../model.ts";
import { recentLosses } from "./recent-losses.ts";

const epochMs = Date.parse("2026-01-15T12:00:00.000Z");
const leaver = (number: number, second = number, directory = "d1"): DirectoryEvent =>
  makeEvent(number, { name: "dsync.user.deleted", user: `u${number}`, second, directory });

/** Events that a sink `app` is finished with. */
async function withEvents(events: readonly DirectoryEvent[]): Promise<{ path: string; journal: Journal }> {
  const path = newStateFile();
  const journal = await boundJournal(path);
  await append(journal, events, epochMs + 3_600_000);
  await journal.addSink("app");
  await step(journal, { finished: events.map((_event, index) => delivered(index + 1)), lowSeq: events.length });
  return { path, journal };
}

async function found(path: string): Promise<readonly string[]> {
  const losses = await recentLosses(path, { sink: "app", windowMs: 60_000 });
  return losses.map(({ data }) => String(data["id"]));
}

/** Given up by a guard. */
const held = (seq: number): Outcome => ({
  seq,
  result: "dead",
  failure: { code: guardedCode, message: "x", verdict: "dead" },
});

describe("a guard that begins", () => {
  test("knows who has left in its time before the newest event, oldest first, across pages", async () => {
    const few = [leaver(1, 0), leaver(2, 50), leaver(3, 60)];
    const others = Array.from({ length: 1_200 }, (_, index) => makeEvent(index + 4, { second: 100 }));
    const { path } = await withEvents([...few, ...others, leaver(2_000, 101)]);
    expect(await found(path)).toEqual(["u2", "u3", "u2000"]);
  });

  test("counts who was held, and not who has not come to the sink yet or is tried", async () => {
    const { path, journal } = await withEvents([leaver(1)]);
    await append(journal, [leaver(2), leaver(3), leaver(4)], epochMs + 3_600_000);
    await step(journal, { started: [2, 3], lowSeq: 1 });
    await step(journal, { finished: [dead(2)], lowSeq: 2 });
    expect(await found(path)).toEqual(["u1", "u2"]);
  });

  test("counts neither what a scan has found nor what was purged", async () => {
    const { path, journal } = await withEvents([leaver(1), leaver(2)]);
    const { cursor } = await journal.status();
    const made = { events: [leaver(3)], isMadeHere: true, expectedCursor: cursor, cursor, receivedAtMs: epochMs };
    await journal.append(made);
    await step(journal, { finished: [delivered(3)], lowSeq: 3 });
    await journal.purge({ userId: "u1" });
    expect(await found(path)).toEqual(["u2"]);
  });

  test.each(["lets go on", "gives up"])("counts on from what a person %s, in that directory", async (what) => {
    const { path, journal } = await withEvents([leaver(1), leaver(2, 2, "d2")]);
    await append(journal, [leaver(3), leaver(4), leaver(5)], epochMs + 3_600_000);
    await step(journal, { finished: [held(3), held(4), held(5)], lowSeq: 5 });
    expect(await found(path)).toEqual(["u1", "u2", "u3", "u4", "u5"]);
    await (what === "gives up" ? journal.discard("app", 4) : journal.redrive("app", 4, {}));
    expect(await found(path)).toEqual(["u2", "u5"]);
    await step(journal, { finished: [delivered(4)], lowSeq: 5 });
    expect(await found(path)).toEqual(["u2", "u5"]);
  });

  test("(control) counts on where somebody decides about what no guard has held", async () => {
    const { path, journal } = await withEvents([leaver(1)]);
    await append(journal, [leaver(2)], epochMs + 3_600_000);
    await step(journal, { finished: [dead(2)], lowSeq: 2 });
    await journal.discard("app", 2);
    expect(await found(path)).toEqual(["u1", "u2"]);
  });

  test("is not misled by a service whose clock is ahead", async () => {
    const { path } = await withEvents([leaver(1, 3_590), makeEvent(2, { second: 999_999 })]);
    expect(await found(path)).toEqual(["u1"]);
  });
});
