import { describe, expect, test } from "vitest";
import type { Failure, Fault, LogEntry, Plan } from "./model.ts";
import { minimise, shrink } from "./shrink.ts";

const numbers = Array.from({ length: 40 }, (_item, index) => index);

describe("minimise", () => {
  test.each([
    ["one item", [17]],
    ["the first and the last", [0, 39]],
    ["three far apart", [3, 20, 31]],
    ["nothing", []],
  ])("ends with what is needed: %s", async (_name, needed) => {
    const kept = await minimise(numbers, async (rest) => needed.every((one) => rest.includes(one)));
    expect(kept).toEqual(needed);
  });

  test("keeps everything when everything is needed, in few runs", async () => {
    let runs = 0;
    const kept = await minimise(numbers, async (rest) => {
      runs += 1;
      return rest.length === numbers.length;
    });
    expect(kept).toEqual(numbers);
    expect(runs).toBeLessThan(4 * numbers.length);
  });
});

const created = (seq: number): LogEntry => ({
  seq,
  event: {
    id: `event_${seq}`,
    event: "dsync.user.created",
    created_at: "2026-01-05T09:00:00.000Z",
    data: { id: `u${seq}` },
  },
});
const entries = [1, 2, 3, 4, 5, 6, 7, 8].map(created);
const again: readonly Fault[] = entries.map(({ seq }) => ({ kind: "again", at: seq }));
const lost: Failure = {
  verdict: "lost",
  differences: [{ path: "$.x", kind: "missing", expected: 1, actual: undefined }],
  trouble: null,
};
const fails: Failure = { verdict: "fails", differences: [], trouble: { kind: "fails", at: 5, message: "no" } };

/** Fails when event 5 is repeated after event 2 has been there. */
const planted = async ({ entries: some, faults }: Plan): Promise<Failure | null> =>
  some.some(({ seq }) => seq === 2) && faults.some(({ at }) => at === 5) ? lost : null;

describe("shrink", () => {
  test("leaves out every fault and event that does not matter", async () => {
    const { plan } = await shrink({ plan: { entries, faults: again }, failure: lost }, planted);
    expect(plan.faults).toEqual([{ kind: "again", at: 5 }]);
    expect(plan.entries.map(({ seq }) => seq)).toEqual([2, 5]);
  });

  test("does not go over to another kind of failure", async () => {
    const { failure } = await shrink({ plan: { entries, faults: again }, failure: lost }, async (plan) =>
      plan.faults.length < 8 ? fails : lost,
    );
    expect(failure).toBe(lost);
  });

  test("shows what it has when it takes too many runs", async () => {
    let runs = 0;
    const stubborn = async (): Promise<null> => {
      runs += 1;
      return null;
    };
    const start = { plan: { entries, faults: again }, failure: lost };
    expect(await shrink(start, stubborn)).toBe(start);
    expect(runs).toBeLessThanOrEqual(70);
  });
});
