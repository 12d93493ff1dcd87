import type { Runtime } from "@dirsync/sdk";
import { expect, test } from "vitest";
import type { Store } from "../store/model.ts";
import { createHealth } from "./health.ts";

/** A store that is free, or that somebody holds. */
function rig() {
  const state = { isHeld: false, nowMs: 0 };
  const read: Store["read"] = () => (state.isHeld ? new Promise(() => undefined) : Promise.resolve(null as never));
  const sleep: Runtime["sleep"] = () => new Promise((resolve) => setImmediate(resolve));
  return { state, health: createHealth({ read }, { now: () => state.nowMs, sleep }) };
}

const minuteMs = 60_000;

test("who is kept waiting is told that the server is busy, and after five minutes that it is stuck", async () => {
  const { state, health } = rig();
  expect(await health()).toBe("ok");
  state.isHeld = true;
  for (const minutes of [1, 3, 5]) {
    state.nowMs = minutes * minuteMs;
    expect(await health()).toBe("busy");
  }
  state.nowMs = 6 * minuteMs;
  await expect(health()).rejects.toMatchObject({ status: 503, body: { code: "busy" } });
});

test("every change has its own five minutes", async () => {
  const { state, health } = rig();
  for (const minutes of [0, 4, 8, 12]) {
    state.nowMs = minutes * minuteMs;
    state.isHeld = true;
    expect(await health()).toBe("busy");
    state.isHeld = false;
    expect(await health()).toBe("ok");
  }
});
