import { describe, expect, test } from "vitest";
import type { Goal, Metric } from "./benchmark.ts";
import { factor, judge, median, type Samples, summarize, valuesOf } from "./statistics.ts";

const speed: Metric = { unit: "things/s", better: "more", judgedBy: "best" };
const time: Metric = { unit: "ms", better: "less", judgedBy: "best" };
const memory: Metric = { unit: "MiB", better: "less", judgedBy: "median" };

test.each([
  [[3], 3],
  [[9, 1, 5], 5],
  [[10, 2, 4, 100], 7],
])("the median of %j is %d", (values, middle) => {
  expect(median(values)).toBe(middle);
});

test("no values have no median", () => {
  expect(() => median([])).toThrow(RangeError);
});

test.each([
  ["the most of what is better when more", speed, 9],
  ["the least of what is better when less", time, 1],
  ["the middle of what a quiet moment does not better", memory, 5],
])("a metric is judged by %s", (_what, metric, judged) => {
  expect(summarize([9, 1, 5], metric)).toMatchObject({ median: 5, min: 1, max: 9, judged });
});

test("a factor is taken of the best samples, and of each round", () => {
  // A busy second round halves both; the third disturbs one of them only.
  expect(factor([80, 40, 80], [100, 50, 25], speed)).toEqual({ best: 0.8, median: 0.8, judged: 0.8 });
  expect(factor([12, 10], [10, 20], time)).toEqual({ best: 1, median: 0.85, judged: 1 });
  expect(factor([12, 10], [10, 20], memory)).toEqual({ best: 1, median: 0.85, judged: 0.85 });
});

describe("a goal", () => {
  const samples: Samples = {
    limit: [{ perSecond: 100, mebibytes: 50 }],
    ours: [{ perSecond: 90, mebibytes: 60 }],
  };

  test.each<[string, Goal, Metric, number, boolean]>([
    ["is met", { metric: "perSecond", of: "ours", to: "limit", bound: 0.85 }, speed, 0.9, true],
    ["is met exactly", { metric: "perSecond", of: "ours", to: "limit", bound: 0.9 }, speed, 0.9, true],
    ["is missed", { metric: "perSecond", of: "ours", to: "limit", bound: 0.95 }, speed, 0.9, false],
    ["of less is met", { metric: "mebibytes", of: "ours", to: "limit", bound: 1.2 }, memory, 1.2, true],
    ["of less is missed", { metric: "mebibytes", of: "ours", to: "limit", bound: 1.1 }, memory, 1.2, false],
    ["in numbers is met", { metric: "mebibytes", of: "ours", bound: 60 }, memory, 60, true],
    ["in numbers is missed", { metric: "mebibytes", of: "ours", bound: 59 }, memory, 60, false],
  ])("%s", (_what, goal, metric, reached, isMet) => {
    expect(judge(goal, metric, samples)).toEqual({ ...goal, reached, isMet });
  });

  test.each([
    ["of a case that is not there", "theirs", "perSecond"],
    ["for what was not measured", "ours", "seconds"],
  ])("%s is an error, and not missed or met", (_what, name, metric) => {
    expect(() => valuesOf(samples, name, metric)).toThrow(RangeError);
  });

  test("for what was measured as no number is an error", () => {
    expect(() => valuesOf({ ours: [{ perSecond: Number.NaN }] }, "ours", "perSecond")).toThrow(RangeError);
  });
});
