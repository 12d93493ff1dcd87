/** Lanes against the shortest program that does the same, which looks at every entry every time. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { makeEvent } from "../fixtures/events.ts";
import { Lanes } from "./lanes.ts";
import type { Locks, WorkItem } from "../model.ts";

interface Held {
  item: WorkItem;
  readonly locks: Locks;
  isTaken: boolean;
}

const conflicts = (one: Locks, other: Locks): boolean =>
  one.exclusive.some((key) => other.exclusive.includes(key) || other.shared.includes(key)) ||
  one.shared.some((key) => other.exclusive.includes(key));

/** Every entry, oldest first. */
class Model {
  held: Held[] = [];

  /** What an entry has to wait for, leaving out those that come before it in its run. */
  waitsFor(entry: Held, run: readonly Held[]): number[] {
    return this.held
      .slice(0, this.held.indexOf(entry))
      .filter((earlier) => !run.includes(earlier) && conflicts(earlier.locks, entry.locks))
      .map(({ item }) => item.seq);
  }

  startable(nowMs: number): number[] {
    return this.held
      .filter((entry) => !entry.isTaken && entry.item.nextAtMs <= nowMs && this.waitsFor(entry, []).length === 0)
      .map(({ item }) => item.seq);
  }

  at(seq: number): Held {
    const found = this.held.find(({ item }) => item.seq === seq);
    if (found === undefined) throw new Error(`The model has no entry ${seq}.`);
    return found;
  }
}

const keys = fc.array(fc.constantFrom("a", "b", "c"), { maxLength: 2 });
const action = fc.oneof(
  { weight: 4, arbitrary: fc.record({ do: fc.constant("add" as const), exclusive: keys, shared: keys }) },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant("take" as const),
      max: fc.integer({ min: 0, max: 3 }),
      runMax: fc.integer({ min: 1, max: 4 }),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant("end" as const),
      pick: fc.nat(10),
      /** How many of a run are settled; the next one is put back for later, the rest at once. */
      settled: fc.integer({ min: 0, max: 4 }),
      waitMs: fc.integer({ min: 0, max: 3 }),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("retain" as const), not: fc.integer({ min: 2, max: 4 }) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("wait" as const), ms: fc.integer({ min: 1, max: 3 }) }) },
);
type Action = typeof action extends fc.Arbitrary<infer T> ? T : never;

/** Lanes and model, side by side. */
class Both {
  readonly lanes = new Lanes();
  readonly model = new Model();
  readonly flying: number[][] = [];
  nowMs = 1;
  lastSeq = 0;

  do(step: Action): void {
    if (step.do === "add") this.#add(step);
    else if (step.do === "take") this.#take(step);
    else if (step.do === "end") this.#end(step);
    else if (step.do === "retain") this.#retain(step.not);
    else this.nowMs += step.ms;
    expect(this.lanes.size).toBe(this.model.held.filter(({ isTaken }) => !isTaken).length);
  }

  #add(locks: Locks): void {
    this.lastSeq += 1;
    const item = { seq: this.lastSeq, event: makeEvent(this.lastSeq), attempts: 0, nextAtMs: 0, replay: false };
    this.lanes.add(item, locks, "");
    this.model.held.push({ item, locks, isTaken: false });
  }

  #take({ max, runMax }: { max: number; runMax: number }): void {
    const runs = this.lanes.take(this.nowMs, { max, runMax }).map((run) => run.map(({ item }) => item.seq));
    expect(runs.length).toBeLessThanOrEqual(max);
    for (const run of runs) {
      expect(run.length).toBeLessThanOrEqual(runMax);
      const before: Held[] = [];
      for (const seq of run) {
        const entry = this.model.at(seq);
        expect({ seq, isTaken: entry.isTaken, waitsFor: this.model.waitsFor(entry, before) }).toEqual({
          seq,
          isTaken: false,
          waitsFor: [],
        });
        expect(entry.item.nextAtMs).toBeLessThanOrEqual(this.nowMs);
        before.push(entry);
      }
      for (const entry of before) entry.isTaken = true;
      this.flying.push(run);
    }
    // Nobody who could start is left behind without need.
    if (runs.length < max) expect(this.model.startable(this.nowMs)).toEqual([]);
    this.#expectDue();
  }

  #end({ pick, settled, waitMs }: { pick: number; settled: number; waitMs: number }): void {
    const [run = []] = this.flying.splice(pick % Math.max(1, this.flying.length), 1);
    for (const [index, seq] of run.entries()) {
      const entry = this.model.at(seq);
      if (index < settled) {
        this.lanes.settle(seq);
        this.model.held = this.model.held.filter((other) => other !== entry);
        continue;
      }
      const isFailed = index === settled;
      const nextAtMs = isFailed && waitMs > 0 ? this.nowMs + waitMs : 0;
      entry.item = { ...entry.item, attempts: isFailed ? 1 : 0, nextAtMs };
      entry.isTaken = false;
      this.lanes.putBack(entry.item);
    }
  }

  #retain(not: number): void {
    this.lanes.retain(({ seq }) => seq % not !== 0);
    this.model.held = this.model.held.filter(({ item, isTaken }) => isTaken || item.seq % not !== 0);
    for (const { item } of this.model.held) expect(this.lanes.has(item.seq)).toBe(true);
  }

  #expectDue(): void {
    const due = this.lanes.nextDueAtMs();
    const dues = this.model.held
      .filter((entry) => !entry.isTaken && this.model.waitsFor(entry, []).length === 0)
      .map(({ item }) => item.nextAtMs);
    if (dues.length === 0) expect(due).toBeNull();
    else if (Math.min(...dues) <= this.nowMs) expect(due).toBeLessThanOrEqual(this.nowMs);
    else expect(due).toBe(Math.min(...dues));
  }
}

test("under any sequence of operations, who may start is who waits for no earlier entry with a conflicting key", () => {
  fc.assert(
    fc.property(fc.array(action, { maxLength: 80 }), (steps) => {
      const both = new Both();
      for (const step of steps) both.do(step);
      // Once all is settled, everything that was added has come out.
      for (let turn = 0; both.model.held.length > 0 && turn < 1_000; turn += 1) {
        both.do({ do: "end", pick: 0, settled: 4, waitMs: 0 });
        both.do({ do: "take", max: 3, runMax: 4 });
        both.do({ do: "wait", ms: 3 });
      }
      expect(both.model.held).toEqual([]);
    }),
    { numRuns: 1_000 },
  );
});
