/** Clocks of machines are set, forwards and backwards. Nobody who leaves may keep access for a day because of that. */
import { expect, test } from "vitest";
import { dispatchRig, failingFirst } from "../fixtures/dispatch-rig.ts";
import { makeLog } from "../fixtures/events.ts";
import { newStateFile } from "../fixtures/state-file.ts";
import { VirtualClock } from "../fixtures/virtual-clock.ts";

const dayMs = 24 * 60 * 60 * 1_000;
const [first = ""] = makeLog(1, 1).map(({ id }) => id);

test("a clock that is set back by a day makes no try wait for a day", async () => {
  let behindMs = 0;
  const clock = new VirtualClock();
  const rig = await dispatchRig({
    clock,
    behindMs: () => behindMs,
    deliver: (event, attempt) => {
      // While the event waits for its third try, which has its time by then.
      if (event.id === first && attempt.number === 2) void clock.runtime.sleep(100).then(() => (behindMs = dayMs));
      return failingFirst(3, [first])(event, attempt);
    },
  });
  const startMs = clock.nowMs;
  expect(await rig.run()).toMatchObject({ delivered: 3, dead: 0 });
  expect(clock.nowMs - startMs).toBeLessThan(60_000);
});

test("nor does a clock that was a day ahead in the process before", async () => {
  const path = newStateFile();
  const clock = new VirtualClock();
  const before = await dispatchRig({
    path,
    clock,
    behindMs: () => -dayMs,
    deliver: () => {
      before.drain.abort();
      return Promise.reject(new Error("not yet"));
    },
  });
  await before.run();
  await before.journal.close();
  const after = await dispatchRig({ path, clock, log: [] });
  const startMs = clock.nowMs;
  expect(await after.run()).toMatchObject({ delivered: 3, dead: 0 });
  expect(clock.nowMs - startMs).toBeLessThan(30 * 60_000);
});

test("(control) what is to wait does wait", async () => {
  const clock = new VirtualClock();
  const rig = await dispatchRig({ clock, deliver: failingFirst(1, [first]), policy: { delayMs: () => 10 * 60_000 } });
  const startMs = clock.nowMs;
  await rig.run();
  expect(clock.nowMs - startMs).toBeGreaterThan(5 * 60_000);
});
