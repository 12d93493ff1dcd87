import { expect, test } from "vitest";
import { VirtualClock } from "./fixtures/virtual-clock.ts";
import { pruneNowAndThen } from "./prune.ts";

/** Prunes for two hours a journal that answers like this, and returns what was asked of it. */
async function prunedFor(answers: { prune: readonly (number | Error)[]; sweep: readonly boolean[] }) {
  const clock = new VirtualClock();
  const stop = new AbortController();
  const asked: string[] = [];
  const [counts, swept] = [[...answers.prune], [...answers.sweep]];
  const journal = {
    prune: (beforeMs: number) => {
      asked.push(`prune ${clock.nowMs - beforeMs}`);
      const count = counts.shift() ?? 0;
      return count instanceof Error ? Promise.reject(count) : Promise.resolve(count);
    },
    sweep: () => {
      asked.push("sweep");
      return Promise.resolve(swept.shift() ?? false);
    },
  };
  const running = pruneNowAndThen({ journal, keptMs: 1_000, runtime: clock.runtime, signal: stop.signal });
  await clock.runUntil(clock.runtime.sleep(2 * 3_600_000 - 1));
  stop.abort();
  await clock.runUntil(running);
  return { asked, clock };
}

test("what is old goes at once and then every hour, in steps, and the mirror is swept after it", async () => {
  const { asked } = await prunedFor({ prune: [5_000, 3], sweep: [true, true] });
  const step = ["prune 1000", "sweep"];
  expect(asked).toEqual(["prune 1000", ...step, ...step, ...step, ...step]);
});

test("a refusal is told, and everything is tried again an hour later", async () => {
  const { asked, clock } = await prunedFor({ prune: [new Error("full")], sweep: [] });
  expect(asked).toEqual(["prune 1000", "prune 1000", "sweep"]);
  expect(clock.messages("warn")).toEqual(["could not forget old events; will try again"]);
});
