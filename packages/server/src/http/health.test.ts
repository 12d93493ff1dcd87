import type { Runtime } from "@dirsync/sdk";
import { expect, test } from "vitest";
import type { Store } from "../store/model.ts";
import { createHealth } from "./health.ts";

/** A store that one change may hold, until it is let go of. */
function rig() {
  const state = { nowMs: 0 };
  let end: (() => void) | null = null;
  let held = Promise.resolve();
  const read: Store["read"] = async () => {
    await held;
    return null as never;
  };
  const takesWrites: Store["takesWrites"] = () => Promise.resolve(true);
  const sleep: Runtime["sleep"] = () => new Promise((resolve) => setImmediate(resolve));
  const hold = (): void => {
    held = new Promise((resolve) => (end = resolve));
  };
  const runtime = { now: () => state.nowMs, sleep };
  return { state, hold, letGo: () => end?.(), health: createHealth({ read, takesWrites }, runtime) };
}

const minuteMs = 60_000;

test("who is kept waiting is told that the server is busy, and after five minutes that it is stuck", async () => {
  const { state, hold, health } = rig();
  expect(await health()).toBe("ok");
  hold();
  for (const minutes of [1, 3, 5]) {
    state.nowMs = minutes * minuteMs;
    expect(await health()).toBe("busy");
  }
  state.nowMs = 6 * minuteMs;
  await expect(health()).rejects.toMatchObject({ status: 503, body: { code: "busy" } });
});

test("every change has its own five minutes, also where no probe has come between two of them", async () => {
  const { state, hold, letGo, health } = rig();
  for (const minutes of [0, 4, 8, 12]) {
    state.nowMs = minutes * minuteMs;
    hold();
    expect(await health()).toBe("busy");
    letGo();
  }
  expect(await health()).toBe("ok");
});
