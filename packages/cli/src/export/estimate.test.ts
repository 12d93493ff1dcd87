import { expect, test } from "vitest";
import { estimate } from "./estimate.ts";
import { type Kind, kinds } from "./kinds.ts";

const all = new Set<Kind>(kinds);
const directory = (active: number, inactive: number, groups: number) => ({
  id: "d",
  metadata: { users: { active, inactive }, groups },
});

// 100 rows a page; 4 reads of users or members a second, 100 of all else (contract of the list endpoints).
test.each([
  ["nobody", [directory(0, 0, 0)], all, 2, 0.26],
  ["a hundred", [directory(60, 40, 0)], all, 2, 0.26],
  ["one more", [directory(60, 41, 0)], all, 3, 0.51],
  ["groups, each with its members", [directory(1, 0, 200)], all, 1 + 2 + 200, 50.27],
  ["a million, alone", [directory(1_000_000, 0, 5_000)], new Set<Kind>(["users"]), 10_000, 2_500],
  ["two directories", [directory(1, 0, 1), directory(1, 0, 1)], all, 6, 1.02],
  ["no directory", [], all, 0, 0],
])("%s: requests and seconds", (_name, directories, wanted, requests, seconds) => {
  const { requests: counted, secondsAtLimit } = estimate(directories, wanted);
  expect(counted).toBe(requests);
  expect(secondsAtLimit).toBeCloseTo(seconds, 5);
});

test("nothing is made up where a directory does not count what it has", () => {
  expect(estimate([directory(1, 0, 1), { id: "other" }], all)).toEqual({
    users: null,
    groups: null,
    requests: null,
    secondsAtLimit: null,
  });
});
