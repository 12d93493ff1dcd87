import { expect, test } from "vitest";
import { Chosen } from "./chosen.ts";

test("what was chosen is known, in order, and nothing else is: neither beside it nor outside of its stretch", () => {
  const chosen = new Chosen(1_000, 1_020);
  for (const seq of [1_020, 1_007, 1_000, 1_008]) chosen.add(seq);
  expect(chosen.count).toBe(4);
  expect([...chosen.seqs()]).toEqual([1_000, 1_007, 1_008, 1_020]);
  expect([0, 999, 1_001, 1_021, 9_000].filter((seq) => chosen.has(seq))).toEqual([]);
});

test("of a stretch that has no positions nothing is chosen", () => {
  const none = new Chosen(1, 0);
  expect([none.count, [...none.seqs()], none.has(1)]).toEqual([0, [], false]);
});
