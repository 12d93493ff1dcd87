import { PassThrough } from "node:stream";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { whileWaiting } from "./waiting.ts";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

/** What is written to standard error while something takes so long. */
async function shown(tookMs: number, isTTY: boolean): Promise<string> {
  const stderr = Object.assign(new PassThrough(), { isTTY });
  const streams = { stdin: new PassThrough(), stdout: new PassThrough(), stderr };
  const done = whileWaiting(streams, "the server imports", async () => {
    await new Promise((resolve) => setTimeout(resolve, tookMs));
    return "done";
  });
  await vi.advanceTimersByTimeAsync(tookMs);
  expect(await done).toBe("done");
  return String((stderr.read() as Buffer | null) ?? "");
}

test("what takes longer than a moment says since when, on one line that is gone at the end", async () => {
  const text = await shown(4_500, true);
  expect(text.split("\r\u001B[2K")).toEqual([
    "",
    "the server imports  2 s",
    "the server imports  3 s",
    "the server imports  4 s",
    "",
  ]);
});

test.each([
  ["what is over in a moment", 1_500, true],
  ["where nobody watches", 60_000, false],
])("nothing is shown of %s", async (_what, tookMs, isTTY) => {
  expect(await shown(tookMs, isTTY)).toBe("");
});

test("a failure leaves no line behind, and passes", async () => {
  const stderr = Object.assign(new PassThrough(), { isTTY: true });
  const streams = { stdin: new PassThrough(), stdout: new PassThrough(), stderr };
  const failed = whileWaiting(streams, "waiting", async () => {
    await new Promise((resolve) => setTimeout(resolve, 2_500));
    throw new Error("refused");
  });
  const outcomes = Promise.allSettled([failed]);
  await vi.advanceTimersByTimeAsync(2_500);
  expect(await outcomes).toMatchObject([{ status: "rejected", reason: { message: "refused" } }]);
  expect(String(stderr.read()).endsWith("\r\u001B[2K")).toBe(true);
});
