/** What came late is said to be late, by every way in which a sink hears of an event. */
import type { DirectoryEvent } from "@dirsync/sdk";
import { expect, test } from "vitest";
import { dispatchRig } from "../fixtures/dispatch-rig.ts";
import { makeEvent } from "../fixtures/events.ts";
import { newStateFile } from "../fixtures/state-file.ts";
import type { Attempt } from "../model.ts";
import { handlersSink } from "../sinks/handlers.ts";
import { batchVariables, eventVariables } from "../sinks/hook-variables.ts";
import { lineOf } from "../sinks/question.ts";

const first = makeEvent(1);
const later = makeEvent(2);

interface Seen {
  readonly id: string;
  readonly attempt: Attempt;
}

/** Delivers two events, of which the second one came late, as from a client (`isParsed`) or not. */
async function deliverBoth(isParsed: boolean, tries = 1): Promise<readonly Seen[]> {
  const seen: Seen[] = [];
  const deliver = async (event: DirectoryEvent, attempt: Attempt): Promise<void> => {
    seen.push({ id: event.id, attempt });
    if (attempt.number < tries) throw new Error("Again.");
    await Promise.resolve();
  };
  const { journal, run } = await dispatchRig({ path: newStateFile(), log: [], deliver });
  const page = { events: [first, later], late: new Set([later.id]), isParsed };
  await journal.append({ ...page, expectedCursor: null, receivedAtMs: 0 });
  await run();
  return seen;
}

test.each([true, false])(
  "an event that came late is said to be, and no other is (parsed by us: %s)",
  async (isParsed) => {
    const seen = await deliverBoth(isParsed);
    expect(seen.map(({ id, attempt }) => [id, attempt.late])).toEqual([
      [first.id, undefined],
      [later.id, true],
    ]);
  },
);

test("it is with every try", async () => {
  const seen = await deliverBoth(true, 2);
  const tries = seen.filter(({ id }) => id === later.id);
  expect(tries.map(({ attempt }) => [attempt.number, attempt.late])).toEqual([
    [1, true],
    [2, true],
  ]);
});

test("handlers, commands and programs that keep running are told", async () => {
  const [early, late] = await deliverBoth(true);
  if (early === undefined || late === undefined) throw new Error("Two events were to come.");
  const told: unknown[] = [];
  const sink = handlersSink({ "*": (_event, context) => void told.push(context.late) });
  await sink.deliver({ ...first, event: "another.event" }, early.attempt);
  await sink.deliver({ ...later, event: "another.event" }, late.attempt);
  expect(told).toEqual([undefined, true]);
  expect(eventVariables(first, early.attempt)).not.toHaveProperty("DIRSYNC_EVENT_LATE");
  expect(eventVariables(later, late.attempt)).toMatchObject({ DIRSYNC_EVENT_LATE: "1" });
  const entries = [early, late].map(({ attempt }) => ({ event: first, attempt }));
  expect(batchVariables(entries.slice(0, 1))).not.toHaveProperty("DIRSYNC_BATCH_LATE");
  expect(batchVariables(entries)).toMatchObject({ DIRSYNC_BATCH_LATE: "1" });
  expect(JSON.parse(lineOf(first, early.attempt))).not.toHaveProperty("late");
  expect(JSON.parse(lineOf(later, late.attempt))).toMatchObject({ late: true });
});
