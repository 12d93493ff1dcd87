import { describe, expect, test } from "vitest";
import type { Failure, Outcome } from "./model.ts";
import { defaultPolicy, doublingToOneMinute, outcomeOf, withJitter } from "./policy.ts";

describe("waits between tries", () => {
  test.each([
    [1, 1_000],
    [2, 2_000],
    [3, 4_000],
    [6, 32_000],
    [7, 60_000],
    [12, 60_000],
    [5_000, 60_000],
  ])("after try %i: %i ms", (attempt, ms) => {
    expect(doublingToOneMinute(attempt)).toBe(ms);
  });

  test.each([
    [1_000, 0, 500],
    [1_000, 0.5, 750],
    [1_000, 0.999_9, 1_000],
    [0, 0.7, 0],
  ])("%i ms with random %f is %i ms: between half and the whole", (delayMs, random, ms) => {
    expect(withJitter(delayMs, random)).toBe(ms);
  });

  test("a budget of tries is used up after five to seven minutes", () => {
    const { attemptsMax, delayMs } = defaultPolicy;
    const waits = Array.from({ length: attemptsMax - 1 }, (_, index) => delayMs(index + 1));
    const totalMs = waits.reduce((sum, ms) => sum + ms, 0);
    expect(totalMs / 60_000).toBeGreaterThan(5);
    expect(totalMs / 60_000).toBeLessThan(7);
  });
});

describe("what becomes of a failed try", () => {
  const policy = { ...defaultPolicy, attemptsMax: 3, delayMs: () => 1_000 };
  const failed = (verdict: Failure["verdict"]): Failure => ({ code: "x", message: "x", verdict });
  const facts = { seq: 7, nowMs: 10_000, random: 0 };

  test.each<[string, Failure["verdict"], number, boolean, Partial<Outcome>]>([
    ["a first failure is tried again", "retry", 1, true, { result: "retry", attempts: 1, nextAtMs: 10_500 }],
    ["the last try makes a dead letter", "retry", 3, true, { result: "dead" }],
    ["giving up makes one at once", "dead", 1, true, { result: "dead" }],
    ["giving up counts even while the sink is down", "dead", 1, false, { result: "dead" }],
    ["a try that is not charged uses nothing up", "retry", 3, false, { result: "retry", attempts: 2 }],
    ["a halt keeps the event and its budget", "halt", 3, true, { result: "retry", attempts: 2 }],
  ])("%s", (_name, verdict, number, isCharged, expected) => {
    const outcome = outcomeOf({ ...facts, number, failure: failed(verdict), isCharged }, policy);
    expect(outcome).toMatchObject({ seq: 7, ...expected });
  });

  test.each([
    ["shorter than the policy's pause changes nothing", 200, 0, 500],
    ["longer wins", 5_000, 0, 5_000],
    ["is stretched, so that not all come back at once", 5_000, 0.5, 5_500],
    ["is believed up to a quarter of an hour", 365 * 24 * 60 * 60 * 1_000, 0, 15 * 60 * 1_000],
    ["of nothing changes nothing", 0, 0, 500],
  ])("what a receiver asks for %s", (_name, retryAfterMs, random, pauseMs) => {
    const failure = { ...failed("retry"), retryAfterMs };
    const outcome = outcomeOf({ ...facts, number: 1, random, failure, isCharged: true }, policy);
    expect(outcome).toMatchObject({ result: "retry", nextAtMs: 10_000 + pauseMs });
  });
});
