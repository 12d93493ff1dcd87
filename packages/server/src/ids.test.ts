import { describe, expect, test } from "vitest";
import { runtimeWith } from "./fixtures/running-server.ts";
import { createIds, digestOf, isSameText, lowestIdAt, timeOf } from "./ids.ts";

const noonMs = Date.UTC(2026, 10, 23, 12);

describe("ids only grow", () => {
  test("within one millisecond, each id is greater than the one before, and not by one", () => {
    const ids = createIds(runtimeWith({ now: () => noonMs }), []);
    const made = Array.from({ length: 10_000 }, () => ids.next("event_"));
    expect(made).toEqual([...made].sort());
    expect(new Set(made).size).toBe(made.length);
    const lastCharacters = made.slice(0, 100).map((id) => id.slice(0, -1));
    // Were the step 1, neighbours would differ in their last character only.
    expect(new Set(lastCharacters).size).toBeGreaterThan(90);
  });

  test("a clock that goes back does not take ids back", () => {
    const clock = { ms: noonMs };
    const ids = createIds(runtimeWith({ now: () => clock.ms }), []);
    const before = ids.next("event_");
    clock.ms -= 86_400_000;
    const after = ids.next("event_");
    expect(after > before).toBe(true);
    expect(ids.nowMs()).toBe(noonMs);
  });

  test("after a restart with a clock set back, ids continue after the greatest on disk", () => {
    const existing = createIds(runtimeWith({ now: () => noonMs }), []);
    const onDisk = [existing.next("org_"), existing.next("event_"), existing.next("directory_user_")];
    const restarted = createIds(runtimeWith({ now: () => noonMs - 3_600_000 }), [...onDisk].reverse());
    const next = restarted.next("directory_user_");
    expect(next > (onDisk[2] ?? "")).toBe(true);
  });

  test("an exhausted millisecond goes on in the next one", () => {
    const last = `event_${lowestIdAt("event_", noonMs).slice(6, 16)}ZZZZZZZZZZZZZZZZ`;
    const ids = createIds(runtimeWith({ now: () => noonMs }), [last]);
    const next = ids.next("event_");
    expect(next > last).toBe(true);
    expect(timeOf(next)).toBe(noonMs + 1);
  });
});

test("an id tells its time, and a time tells the lowest id it can have", () => {
  const ids = createIds(runtimeWith({ now: () => noonMs }), []);
  const id = ids.next("event_");
  expect(id).toMatch(/^event_[0-9A-HJKMNP-TV-Z]{26}$/u);
  expect(timeOf(id)).toBe(noonMs);
  expect(lowestIdAt("event_", noonMs) <= id).toBe(true);
  expect(lowestIdAt("event_", noonMs + 1) > id).toBe(true);
  expect(lowestIdAt("event_", -5)).toBe("event_00000000000000000000000000");
  expect(lowestIdAt("event_", Number.MAX_SAFE_INTEGER)).toMatch(/^event_7ZZZZZZZZZ0{16}$/u);
});

test("the id of a request tells its time, is made only once, and takes nothing from the order of the others", () => {
  const clock = { ms: noonMs };
  const ids = createIds(runtimeWith({ now: () => clock.ms }), []);
  const made = Array.from({ length: 1_000 }, () => ids.requestId());
  expect(new Set(made).size).toBe(made.length);
  expect(new Set(made.map(timeOf))).toEqual(new Set([noonMs]));
  clock.ms += 1;
  expect(ids.requestId() > (made.sort().at(-1) ?? "")).toBe(true);
  expect(timeOf(ids.next("event_"))).toBe(noonMs + 1);
});

test("tokens are 32 random bytes in a form that fits a header", () => {
  const ids = createIds(runtimeWith({}), []);
  const tokens = new Set(Array.from({ length: 100 }, () => ids.token()));
  expect(tokens.size).toBe(100);
  for (const token of tokens) expect(token).toMatch(/^dsync_[\w-]{43}$/u);
});

test("digests are equal only for the same secret, and lengths that differ are not an error", () => {
  expect(isSameText(digestOf("a"), digestOf("a"))).toBe(true);
  expect(isSameText(digestOf("a"), digestOf("b"))).toBe(false);
  expect(isSameText("", digestOf("a"))).toBe(false);
});
