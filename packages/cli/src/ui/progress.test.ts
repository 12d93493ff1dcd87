import { Writable } from "node:stream";
import type { Logger } from "@dirsync/sdk";
import { expect, test } from "vitest";
import { type Advance, Progress } from "./progress.ts";

interface Stage {
  readonly progress: Progress;
  /** What was written since this was asked last. */
  written(): string;
  /** Moves the clock, then tells of an advance. */
  after(ms: number, advance: Partial<Advance>): void;
  readonly lines: object[];
}

function stage(options: { readonly isTTY: boolean; readonly json?: boolean; readonly columns?: number }): Stage {
  let written = "";
  const stream = new Writable({
    write(chunk: Buffer, _encoding, done) {
      written += chunk.toString();
      done();
    },
  });
  const stderr = Object.assign(stream, { isTTY: options.isTTY, columns: options.columns ?? 120 });
  const lines: object[] = [];
  const keep = (fields: object, message: string): void => void lines.push({ ...fields, msg: message });
  const log: Logger = { debug: keep, info: keep, warn: keep, error: keep };
  let nowMs = 5_000;
  const progress = new Progress({ stderr, log, now: () => nowMs, json: options.json ?? false });
  return {
    progress,
    lines,
    written: () => {
      const text = written;
      written = "";
      return text;
    },
    after: (ms, advance) => {
      nowMs += ms;
      progress.show({ doing: "reading users", done: 0, total: 1_000, unit: "requests", ...advance });
    },
  };
}

const clear = "\r\u001B[2K";

test("nothing is said of what is over within two seconds", () => {
  const { progress, after, written } = stage({ isTTY: true });
  after(0, {});
  after(1_999, { done: 900 });
  progress.clear();
  expect(written()).toBe("");
});

test("a person sees one line with the share, the rate and the time that is left, and it goes away", () => {
  const { progress, after, written } = stage({ isTTY: true });
  after(0, {});
  after(4_000, { done: 250, detail: "25,000 users" });
  expect(written()).toBe(
    `${clear}reading users  █████░░░░░░░░░░░░░░░ 25 %  250 of 1,000 requests  63/s  12 s left  25,000 users`,
  );
  progress.clear();
  expect(written()).toBe(clear);
  progress.clear();
  expect(written()).toBe("");
});

test("the line moves ten times a second at most, however often there is news", () => {
  const { after, written } = stage({ isTTY: true });
  after(0, {});
  after(2_000, { done: 1 });
  for (let done = 2; done <= 100; done += 1) after(10, { done });
  expect(written().split(clear).length - 1).toBeLessThanOrEqual(11);
});

test("the rate is that of the last half minute, and starts anew with what is done next", () => {
  const { after, written } = stage({ isTTY: true });
  // Fast for ten minutes, then four a second for one.
  for (let second = 0; second <= 600; second += 1) after(1_000, { done: second * 100, total: 61_000 });
  for (let second = 1; second <= 60; second += 1) after(1_000, { done: 60_000 + second * 4, total: 61_000 });
  expect(written().split(clear).at(-1)).toMatch(/ {2}4\.0\/s {2}3 min 10 s left$/);
  after(1_000, { doing: "reading groups", done: 0, total: 10 });
  expect(written()).toMatch(/reading groups {2}░{20} 0 % {2}0 of 10 requests$/);
});

test.each([
  ["is unknown", null, "reading users  500 requests  100/s"],
  [
    "turned out to be too small",
    400,
    "reading users  ████████████████████ 100 %  500 of 400 requests  100/s  0 s left",
  ],
  ["is nothing", 0, "reading users  500 of 0 requests  100/s  0 s left"],
])("a total that %s breaks nothing", (_name, total, line) => {
  const { after, written } = stage({ isTTY: true });
  after(0, { total });
  after(5_000, { done: 500, total });
  expect(written()).toBe(clear + line);
});

test("a line of the log takes the bar away before it is written, and the next news bring it back", () => {
  const { progress, after, written } = stage({ isTTY: true });
  const seen: string[] = [];
  const info = (_fields: object, message: string): void => void seen.push(written() + message);
  const log = progress.beside({ debug: info, info, warn: info, error: info });
  after(0, {});
  after(3_000, { done: 10 });
  expect(written()).toMatch(/10 of 1,000/);
  log.warn({}, "slow");
  log.info({}, "still slow");
  expect(seen).toEqual([`${clear}slow`, "still slow"]);
  after(1, { done: 11 });
  expect(written()).toMatch(/11 of 1,000/);
});

test("the line fits the terminal, and a name in it drives nothing", () => {
  const { after, written } = stage({ isTTY: true, columns: 40 });
  after(0, {});
  after(3_000, { doing: "reading \u001B[2Jusers", done: 10 });
  const text = written().slice(clear.length);
  expect(text).toHaveLength(39);
  expect(text).toMatch(/^reading \\u001b\[2Jusers {2}░/);
  expect(text).toMatch(/…$/);
});

test("a terminal that does not know its width is taken for one of 80 columns", () => {
  const { after, written } = stage({ isTTY: true, columns: 0 });
  after(0, {});
  after(3_000, { done: 10, detail: "x".repeat(200) });
  expect(written().slice(clear.length)).toHaveLength(79);
});

test.each([
  ["nobody watches", { isTTY: false }],
  ["lines are asked for", { isTTY: true, json: true }],
])("where %s, there is a line every ten seconds with the same facts", (_name, options) => {
  const { after, lines, written } = stage(options);
  after(0, {});
  for (let second = 1; second <= 25; second += 1) after(1_000, { done: second * 10 });
  expect(written()).toBe("");
  const line = { doing: "reading users", total: 1_000, unit: "requests", per_second: 10, msg: "progress" };
  expect(lines).toEqual([
    { ...line, done: 100, seconds_left: 90 },
    { ...line, done: 200, seconds_left: 80 },
  ]);
});
