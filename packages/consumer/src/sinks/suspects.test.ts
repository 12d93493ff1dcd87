import { expect, test } from "vitest";
import { Suspects } from "./suspects.ts";

test("one suspect at a time is given to the program, and everybody else goes as always", () => {
  const suspects = new Suspects();
  suspects.accuse(["a", "b"]);
  expect(suspects.isHeldBack("a")).toBe(false);
  suspects.began("a");
  expect(suspects.isHeldBack("b")).toBe(true);
  expect(suspects.isHeldBack("c")).toBe(false);
  // An answer for another event says nothing about the one that is on trial.
  suspects.began("c");
  suspects.acquit("c");
  expect(suspects.isHeldBack("b")).toBe(true);
  suspects.acquit("a");
  expect(suspects.isHeldBack("b")).toBe(false);
});

test("a program that ends with one on trial leaves it a suspect, and another may go first", () => {
  const suspects = new Suspects();
  suspects.accuse(["a", "b"]);
  suspects.began("a");
  suspects.accuse(["a"]);
  suspects.began("b");
  expect(suspects.isHeldBack("a")).toBe(true);
  suspects.acquit("b");
  suspects.began("b");
  expect(suspects.isHeldBack("a")).toBe(false);
});

test("no more than ten thousand are remembered, the newest", () => {
  const suspects = new Suspects();
  suspects.accuse(Array.from({ length: 10_001 }, (_none, index) => `event_${index}`));
  suspects.began("event_10000");
  expect([suspects.isHeldBack("event_0"), suspects.isHeldBack("event_1")]).toEqual([false, true]);
});
