import { type DirectoryEvent, SinkError } from "@dirsync/sdk";
import { describe, expect, test, vi } from "vitest";
import { dispatchRig, failing, type DispatchRigOptions } from "../fixtures/dispatch-rig.ts";
import { makeLog } from "../fixtures/events.ts";
import { newStateFile } from "../fixtures/state-file.ts";
import { VirtualClock } from "../fixtures/virtual-clock.ts";
import type { Sink } from "../model.ts";
import { openJournal } from "../journal/open.ts";

const numberOf = ({ id }: DirectoryEvent): number => Number(id.slice(-6));
const always = Promise.resolve();

/** A sink that notes the number of each event with that of its try: `3:1`. */
function noting(tries: string[], deliver: Sink["deliver"] = () => always): Sink["deliver"] {
  return (event, attempt) => {
    tries.push(`${numberOf(event)}:${attempt.number}`);
    return deliver(event, attempt);
  };
}

describe("a run", () => {
  test("is begun in one transaction, and recorded in the next one with the beginning of the next run", async () => {
    const tries: string[] = [];
    const { run, journal } = await dispatchRig({
      log: makeLog(1, 10),
      deliver: noting(tries),
      policy: { runMax: 4 },
    });
    const step = vi.spyOn(journal, "step");
    await run();
    expect(tries).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10].map((number) => `${number}:1`));
    expect(step.mock.calls.map(([, { started }]) => started)).toEqual([[1, 2, 3, 4], [5, 6, 7, 8], [9, 10], []]);
    expect((await journal.status()).sinks).toMatchObject([{ lowSeq: 10, delivered: 10, pending: 0 }]);
  });

  test("delivers one after the other, never two at once", async () => {
    const clock = new VirtualClock();
    let now = 0;
    const deliver = async (): Promise<void> => {
      expect((now += 1)).toBe(1);
      await clock.runtime.sleep(5);
      now -= 1;
    };
    const { run } = await dispatchRig({ log: makeLog(1, 9), clock, deliver, policy: { runMax: 5 } });
    await expect(run()).resolves.toMatchObject({ delivered: 9 });
  });

  test("ends with the first failure: that one is charged, those behind it are not and keep their order", async () => {
    const tries: string[] = [];
    const deliver = noting(tries, (event, { number }) =>
      numberOf(event) === 2 && number < 3 ? Promise.reject(new Error("not yet")) : always,
    );
    const { run } = await dispatchRig({ log: makeLog(1, 4), deliver, policy: { runMax: 4 } });
    await expect(run()).resolves.toMatchObject({ delivered: 4, dead: 0 });
    expect(tries).toEqual(["1:1", "2:1", "2:2", "2:3", "3:1", "4:1"]);
  });

  test("that is slow is recorded as it goes: a crash repeats little of it", async () => {
    const path = newStateFile();
    const clock = new VirtualClock();
    const marks: number[] = [];
    const deliver = async (event: DirectoryEvent): Promise<void> => {
      const visitor = await openJournal({ path, role: "visitor" });
      const [sink] = (await visitor.status()).sinks;
      marks.push(numberOf(event) - 1 - (sink?.lowSeq ?? 0));
      await visitor.close();
      await clock.runtime.sleep(1_000);
    };
    const { run } = await dispatchRig({ path, clock, log: makeLog(1, 6), deliver, policy: { runMax: 6 } });
    await run();
    expect(Math.max(...marks)).toBeLessThanOrEqual(1);
  });

  test("gives each of its events the whole time of a try", async () => {
    const clock = new VirtualClock();
    const deliver = (): Promise<void> => clock.runtime.sleep(900);
    const policy = { runMax: 5, timeoutMs: 1_000 };
    const { run } = await dispatchRig({ log: makeLog(1, 5), clock, deliver, policy });
    await expect(run()).resolves.toMatchObject({ delivered: 5 });
    expect(clock.messages("warn")).toEqual([]);
  });

  test("whose sink hangs is cut off, and only the event it hangs on is charged", async () => {
    const tries: string[] = [];
    const deliver = noting(tries, (event, { number, signal }) =>
      numberOf(event) === 2 && number === 1
        ? new Promise((_resolve, reject) => {
            signal.addEventListener("abort", () => reject(signal.reason as Error), { once: true });
          })
        : always,
    );
    const { run } = await dispatchRig({ log: makeLog(1, 3), deliver, policy: { runMax: 3, timeoutMs: 1_000 } });
    await expect(run()).resolves.toMatchObject({ delivered: 3 });
    expect(tries).toEqual(["1:1", "2:1", "2:2", "3:1"]);
  });

  test("begins nothing more once a try was cut off that succeeded all the same: its signal is used up", async () => {
    const tries: string[] = [];
    const clock = new VirtualClock();
    const deliver = noting(tries, async (event, { signal }) => {
      // A signal that was aborted before would cut this one off without a reason of its own.
      expect(signal.aborted).toBe(false);
      if (numberOf(event) === 1) await clock.runtime.sleep(1_200);
    });
    const { run } = await dispatchRig({ log: makeLog(1, 3), clock, deliver, policy: { runMax: 3, timeoutMs: 1_000 } });
    await expect(run()).resolves.toMatchObject({ delivered: 3, dead: 0 });
    expect(tries).toEqual(["1:1", "2:1", "3:1"]);
    expect(clock.messages("warn")).toEqual([]);
  });

  test("begins nothing more once the process drains, and what it did not begin is not charged", async () => {
    const path = newStateFile();
    const clock = new VirtualClock();
    const before = await dispatchRig({
      path,
      clock,
      log: makeLog(1, 5),
      policy: { runMax: 5 },
      deliver: async (event) => {
        if (numberOf(event) === 2) before.drain.abort();
        await clock.runtime.sleep(10);
      },
    });
    await expect(before.run()).resolves.toMatchObject({ delivered: 2 });
    await before.journal.close();
    const tries: string[] = [];
    const after = await dispatchRig({ path, log: makeLog(1, 5), deliver: noting(tries) });
    await after.run();
    expect(tries).toEqual(["3:1", "4:1", "5:1"]);
  });

  test("begins nothing more once the sink halts in another lane", async () => {
    const tries: string[] = [];
    const clock = new VirtualClock();
    const deliver = noting(tries, async (event) => {
      await clock.runtime.sleep(10);
      if (numberOf(event) === 1) throw new SinkError("no", { verdict: "halt" });
    });
    const { run } = await dispatchRig({ log: makeLog(1, 8, 2), clock, deliver, policy: { runMax: 4 } });
    await expect(run()).resolves.toMatchObject({ halted: { verdict: "halt" } });
    expect(tries).toEqual(["1:1", "2:1"]);
  });

  test("has one event where one try is all there is: a crash must not use up what was never delivered", async () => {
    const { run, journal } = await dispatchRig({ log: makeLog(1, 3), policy: { runMax: 8, attemptsMax: 1 } });
    const step = vi.spyOn(journal, "step");
    await run();
    expect(Math.max(...step.mock.calls.map(([, { started }]) => started.length))).toBe(1);
  });
});

describe("after a crash", () => {
  /** A state file whose holder died `times` times after it had begun the first three events in one run. */
  async function crashed(times: number, options: DispatchRigOptions = {}): ReturnType<typeof dispatchRig> {
    const path = newStateFile();
    const rig = await dispatchRig({ path, log: makeLog(1, 5) });
    await rig.journal.addSink("app");
    for (let time = 0; time < times; time += 1) {
      const begun = time === 0 ? [1, 2, 3] : [1];
      await rig.journal.step("app", { finished: [], started: begun, lowSeq: 0, nowMs: 0 });
    }
    await rig.journal.close();
    return dispatchRig({ path, log: makeLog(1, 5), ...options });
  }

  test("each event of the run goes alone, so that the one that kills is the only one that loses more tries", async () => {
    const tries: string[] = [];
    const { run, journal } = await crashed(1, { deliver: noting(tries), policy: { runMax: 5, attemptsMax: 3 } });
    const step = vi.spyOn(journal, "step");
    await run();
    expect(tries).toEqual(["1:2", "2:2", "3:2", "4:1", "5:1"]);
    expect(step.mock.calls.map(([, { started }]) => started)).toEqual([[1], [2], [3], [4, 5], []]);
  });

  test("the event that killed each time is given up with no try begun, and none more on record", async () => {
    const tries: string[] = [];
    const { run, journal } = await crashed(3, { deliver: noting(tries), policy: { runMax: 5, attemptsMax: 3 } });
    await run();
    expect(tries).toEqual(["2:2", "3:2", "4:1", "5:1"]);
    await expect(journal.deadLetters()).resolves.toMatchObject([
      { seq: 1, attempts: 3, failure: { code: "attempts_exhausted" } },
    ]);
  });

  test("a redriven event that killed each time becomes a dead letter again, and none more is on record", async () => {
    const path = newStateFile();
    const rig = await dispatchRig({ path, log: makeLog(1, 2), deliver: failing("dead") });
    await rig.run();
    await rig.journal.redrive("app", 1, { force: true });
    for (let time = 0; time < 3; time += 1) {
      await rig.journal.step("app", { finished: [], started: [1], lowSeq: 2, nowMs: 0 });
    }
    await rig.journal.close();
    const after = await dispatchRig({ path, log: makeLog(1, 2), policy: { attemptsMax: 3 } });
    await after.run();
    expect(after.tried).toEqual([]);
    await expect(after.journal.deadLetters()).resolves.toMatchObject([{ seq: 1, attempts: 3 }, { seq: 2 }]);
  });
});
