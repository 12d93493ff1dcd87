/** `onDeadLetter: "park"`: nothing overtakes an event that was given up until a person has decided about it. */
import { type DirectoryEvent, SinkError } from "@dirsync/sdk";
import { describe, expect, test } from "vitest";
import { Blocked } from "./blocked.ts";
import { dispatchRig, type DispatchRig, type DispatchRigOptions, until } from "../fixtures/dispatch-rig.ts";
import { makeEvent } from "../fixtures/events.ts";
import { newStateFile } from "../fixtures/state-file.ts";
import type { Journal } from "../journal/model.ts";
import { openJournal } from "../journal/open.ts";
import { laneBy } from "../locks.ts";
import type { Policy } from "../model.ts";

const numberOf = ({ id }: DirectoryEvent): number => Number(id.slice(-6));
const parking: Partial<Policy> = { onDeadLetter: "park", locks: laneBy.user };

/** Two users: u1 has the odd events, u2 the even ones. */
const log = [1, 2, 3, 4, 5, 6].map((number) => makeEvent(number, { user: `u${number % 2 === 1 ? 1 : 2}` }));

/** A rig whose sink gives up the events in `bad`, which a test may change. */
async function parkRig(bad: Set<number>, options: DispatchRigOptions = {}): Promise<DispatchRig & { seen: number[] }> {
  const seen: number[] = [];
  const rig = await dispatchRig({
    log,
    deliver: (event) => {
      seen.push(numberOf(event));
      return bad.has(numberOf(event)) ? Promise.reject(new SinkError("no", { verdict: "dead" })) : Promise.resolve();
    },
    ...options,
    policy: { ...parking, ...options.policy },
  });
  return { ...rig, seen };
}

/** Runs once more on the same state file, and returns what came. */
async function again(path: string, bad: Set<number>, policy: Partial<Policy> = {}): Promise<number[]> {
  const { run, seen, journal } = await parkRig(bad, { path, log: [], policy });
  await run();
  await journal.close();
  return seen;
}

async function sinkOf(journal: Journal): Promise<unknown> {
  const [sink] = (await journal.status()).sinks;
  return sink;
}

describe("behind a dead letter", () => {
  test("what conflicts with it is parked, and everything else goes on", async () => {
    const { run, seen, journal, clock } = await parkRig(new Set([1]));
    await run();
    expect(seen).toEqual([1, 2, 4, 6]);
    await expect(sinkOf(journal)).resolves.toMatchObject({
      name: "app",
      lowSeq: 6,
      pending: 0,
      deadLetters: 1,
      parked: 2,
      delivered: 3,
    });
    expect(clock.messages("warn")).toEqual([
      "an event is parked behind a dead letter, until that one is retried or discarded",
      "an event is parked behind a dead letter, until that one is retried or discarded",
    ]);
  });

  test("what waits for something parked is parked as well: the end of a directory waits for its users", async () => {
    const all = [...log, makeEvent(7, { name: "dsync.deleted" }), makeEvent(8, { user: "u9" })];
    const { run, seen } = await parkRig(new Set([1]), { log: all });
    await run();
    expect(seen).toEqual([1, 2, 4, 6]);
  });

  test("what was begun in the same run is parked without a try", async () => {
    const { run, seen, journal } = await parkRig(new Set([1]), { policy: { runMax: 6, locks: laneBy.directory } });
    await run();
    expect(seen).toEqual([1]);
    await expect(sinkOf(journal)).resolves.toMatchObject({ deadLetters: 1, parked: 5, pending: 0 });
  });

  test("what arrives after a restart is parked as well", async () => {
    const path = newStateFile();
    const before = await parkRig(new Set([1]), { path, log: log.slice(0, 2) });
    await before.run();
    await before.journal.close();
    const after = await parkRig(new Set(), { path, log: log.slice(2) });
    await after.run();
    expect(after.seen).toEqual([4, 6]);
    await expect(sinkOf(after.journal)).resolves.toMatchObject({ deadLetters: 1, parked: 2, lowSeq: 6 });
  });

  test("nothing is parked where dead letters do not park", async () => {
    const { run, seen } = await parkRig(new Set([1]), { policy: { onDeadLetter: "continue" } });
    await run();
    expect(seen).toEqual([1, 2, 3, 4, 5, 6]);
  });

  test("observers are told", async () => {
    const kinds: string[] = [];
    const { run } = await parkRig(new Set([1]), { onFact: ({ kind }) => void kinds.push(kind) });
    await run();
    expect(kinds.filter((kind) => kind === "parked")).toHaveLength(2);
  });
});

describe("once a person has decided", () => {
  async function parked(bad = new Set([1])): Promise<string> {
    const path = newStateFile();
    const { run, journal } = await parkRig(bad, { path });
    await run();
    await journal.close();
    return path;
  }

  async function decide(path: string, decision: (journal: Journal) => Promise<unknown>): Promise<void> {
    const visitor = await openJournal({ path, role: "visitor" });
    await decision(visitor);
    await visitor.close();
  }

  test("that it is tried again, it comes first and then what was parked, in order", async () => {
    const path = await parked();
    await decide(path, (journal) => journal.redrive("app", 1, {}));
    expect(await again(path, new Set())).toEqual([1, 3, 5]);
    await decide(path, async (journal) => {
      await expect(sinkOf(journal)).resolves.toMatchObject({ deadLetters: 0, parked: 0, pending: 0, delivered: 6 });
    });
  });

  test("that it is tried again, and it fails again, everything behind it is parked again", async () => {
    const path = await parked();
    await decide(path, (journal) => journal.redrive("app", 1, {}));
    expect(await again(path, new Set([1]))).toEqual([1]);
    await decide(path, async (journal) => {
      await expect(sinkOf(journal)).resolves.toMatchObject({ deadLetters: 1, parked: 2, pending: 0 });
    });
  });

  test("that it is given up for good, what was parked comes in order", async () => {
    const path = await parked();
    await decide(path, (journal) => journal.discard("app", 1));
    expect(await again(path, new Set())).toEqual([3, 5]);
  });

  test("what is still blocked by another letter stays parked", async () => {
    const path = await parked(new Set([1, 2]));
    await decide(path, (journal) => journal.discard("app", 1));
    expect(await again(path, new Set())).toEqual([3, 5]);
    await decide(path, async (journal) => {
      await expect(sinkOf(journal)).resolves.toMatchObject({ deadLetters: 1, parked: 2 });
    });
  });

  test("that the sink does not park any more, what was parked comes at the next start", async () => {
    const path = await parked();
    expect(await again(path, new Set(), { onDeadLetter: "continue" })).toEqual([3, 5]);
  });

  test("nothing is lost when the process ends between letting go and delivering", async () => {
    const path = await parked();
    await decide(path, (journal) => journal.discard("app", 1));
    const halfway = await parkRig(new Set(), { path, log: [] });
    halfway.drain.abort();
    await halfway.run();
    await halfway.journal.close();
    const begun = await parkRig(new Set(), {
      path,
      log: [],
      deliver: () => Promise.reject(new SinkError("no", { verdict: "halt" })),
    });
    await begun.run();
    await begun.journal.close();
    expect(await again(path, new Set())).toEqual([3, 5]);
  });

  test("a running dispatcher notices, and new events keep waiting until the parked ones have come", async () => {
    const path = newStateFile();
    const bad = new Set([1]);
    const { dispatcher, clock, seen, journal } = await parkRig(bad, { path });
    const running = dispatcher.run();
    const visitor = await openJournal({ path, role: "visitor" });
    const isParked = async (count: number): Promise<boolean> => (await visitor.status()).sinks[0]?.parked === count;
    await clock.runUntil(until(clock, () => isParked(2)));
    await journal.append({
      events: [makeEvent(7, { user: "u1" })],
      expectedCursor: log.at(-1)?.id ?? null,
      receivedAtMs: 0,
    });
    dispatcher.notify();
    await clock.runUntil(until(clock, () => isParked(3)));
    bad.clear();
    await visitor.redrive("app", 1, {});
    await clock.runUntil(until(clock, () => Promise.resolve(seen.includes(7))));
    dispatcher.finish();
    await clock.runUntil(running);
    await visitor.close();
    expect(seen.filter((number) => number % 2 === 1)).toEqual([1, 1, 3, 5, 7]);
  });

  test("that the person is purged, a running dispatcher brings what was parked behind them: it may be that they leave", async () => {
    const path = newStateFile();
    const { dispatcher, clock, seen } = await parkRig(new Set([1]), { path });
    const running = dispatcher.run();
    const visitor = await openJournal({ path, role: "visitor" });
    const isParked = async (count: number): Promise<boolean> => (await visitor.status()).sinks[0]?.parked === count;
    await clock.runUntil(until(clock, () => isParked(2)));
    await expect(visitor.purge({ userId: "u1" })).resolves.toMatchObject({ deadLetters: 1, waiting: 2 });
    await clock.runUntil(until(clock, () => Promise.resolve(seen.includes(5))));
    dispatcher.finish();
    await clock.runUntil(running);
    await visitor.close();
    expect(seen.filter((number) => number % 2 === 1)).toEqual([1, 3, 5]);
  });
});

test("keys block what comes later and conflicts, and nothing else", () => {
  const blocked = new Blocked();
  blocked.add(5, { exclusive: ["user:1"], shared: ["directory:1"] });
  const cases: [number, string[], string[], boolean][] = [
    [6, ["user:1"], [], true],
    [6, [], ["user:1"], true],
    [6, ["directory:1"], [], true],
    [6, ["user:2"], ["directory:1"], false],
    [4, ["user:1"], [], false],
    [5, ["user:1"], [], false],
  ];
  for (const [seq, exclusive, shared, expected] of cases) {
    expect({ seq, exclusive, shared, blocks: blocked.blocks(seq, { exclusive, shared }) }).toEqual({
      seq,
      exclusive,
      shared,
      blocks: expected,
    });
  }
});
