import { expect, test } from "vitest";
import { deletionGuard } from "./deletion-guard.ts";

test.each([
  ["deletes>10%/10m", { limit: { share: 0.1 }, windowMs: 600_000 }, "deletes>10%/10m"],
  [" deletes > 200 / 1h ", { limit: { people: 200 }, windowMs: 3_600_000 }, "deletes>200/1h"],
  ["deletes>0/1s", { limit: { people: 0 }, windowMs: 1_000 }, "deletes>0/1s"],
  ["deletes>100%/7d", { limit: { share: 1 }, windowMs: 604_800_000 }, "deletes>100%/7d"],
])("%j is understood, and shown as it was meant", (text, value, shown) => {
  expect(deletionGuard.read(text)).toEqual({ value });
  expect(deletionGuard.show(value)).toBe(shown);
});

test.each([
  "",
  "10%",
  "deletes>10%",
  "deletes>0%/10m",
  "deletes>101%/10m",
  "deletes>1/10",
  "deletes>1/0s",
  "deletes<5/1m",
  5,
])("%j is refused", (text) => {
  expect(deletionGuard.read(text)).toHaveProperty("mistake");
});
