import { describe, expect, test } from "vitest";
import { Staging, type Staged } from "./staging.ts";

function staged(lane: string | null, rows = 1, dueMs = 0): Staged {
  return { lane, rows, dueMs, release: { kind: "end", collection: 1 } };
}

/** Whether it has resolved by now. */
async function isDone(promise: Promise<unknown>): Promise<boolean> {
  const open = Symbol("open");
  await new Promise((resolve) => setImmediate(resolve));
  return (await Promise.race([promise, Promise.resolve(open)])) !== open;
}

describe("what waits for the log", () => {
  test("comes out in the order it was read in, and nothing once it is closed", async () => {
    const staging = new Staging(new AbortController().signal);
    const first = staging.first();
    expect(await isDone(first)).toBe(false);
    const [one, two] = [staged("a"), staged("b")];
    staging.add(one);
    staging.add(two);
    expect(await first).toBe(one);
    staging.shift();
    expect(await staging.first()).toBe(two);
    staging.shift();
    staging.close();
    expect(await staging.first()).toBeNull();
  });

  test("comes out with what is due as well, at most so many rows of it, and never what is not", async () => {
    const staging = new Staging(new AbortController().signal);
    const all = [staged("a", 100, 1), staged("b", 300, 2), staged("a", 100, 2), staged("a", 1, 2), staged("a", 1, 3)];
    for (const one of all) staging.add(one);
    expect(staging.due(2, 500)).toEqual(all.slice(0, 3));
    expect(staging.due(1, 500)).toEqual(all.slice(0, 1));
    staging.shift(3);
    expect(staging.due(2, 500)).toEqual(all.slice(3, 4));
    // What is larger than all that may come at once comes alone.
    expect(staging.due(3, 0)).toEqual(all.slice(3, 4));
  });

  test("lets no page be read while 20,000 rows wait", async () => {
    const staging = new Staging(new AbortController().signal);
    staging.add(staged("a", 19_999));
    await staging.room();
    staging.add(staged("a", 1));
    const room = staging.room();
    expect(await isDone(room)).toBe(false);
    staging.shift();
    await room;
  });

  test("moves for a lane with the next release of its own, and not at all when nothing of the lane waits", async () => {
    const staging = new Staging(new AbortController().signal);
    staging.add(staged("a"));
    expect(await staging.moved("b")).toBe(false);
    staging.add(staged("a"));
    staging.shift();
    staging.add(staged("b"));
    const [moved, other] = [staging.moved("a"), staging.moved("b")];
    expect(await isDone(moved)).toBe(false);
    staging.shift();
    expect(await isDone(other)).toBe(false);
    expect(await moved).toBe(true);
  });

  test("holds nobody once it is stopped", async () => {
    const stop = new AbortController();
    const staging = new Staging(stop.signal);
    const first = staging.first();
    stop.abort(new Error("stopped"));
    await expect(first).rejects.toThrow("stopped");
    await expect(staging.room()).rejects.toThrow("stopped");
  });
});
