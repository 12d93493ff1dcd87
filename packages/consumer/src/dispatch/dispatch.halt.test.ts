import { expect, test } from "vitest";
import { dispatchRig, failing } from "../fixtures/dispatch-rig.ts";
import { makeLog } from "../fixtures/events.ts";

test("a sink that halts says so once, however many lanes were in flight", async () => {
  const log = makeLog(1, 20, 20);
  const { run, tried, clock } = await dispatchRig({ log, deliver: failing("halt"), policy: { concurrency: 8 } });
  await run();
  expect(tried.length).toBeGreaterThan(1);
  expect(clock.messages("error")).toEqual(["sink halted; it takes no more events until the process is started again"]);
});
