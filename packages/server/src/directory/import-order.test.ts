import fc from "fast-check";
import { expect, test } from "vitest";
import { orderOf } from "./import-order.ts";
import type { Renaming } from "./import-order.ts";

/** Gives names in an order, after freeing those of the circles; tells who was given one that is not free. */
function conflictsOf(renamings: readonly Renaming[], order: readonly number[], circles: readonly number[]): number[] {
  const taken = new Set(renamings.map(({ from }) => from).filter((from) => from !== null));
  const free = (name: string | null | undefined) => (typeof name === "string" ? taken.delete(name) : false);
  for (const index of circles) free(renamings[index]?.from);
  return order.filter((index) => {
    const { from, to } = renamings[index] ?? { from: null, to: "" };
    if (!circles.includes(index)) free(from);
    const isConflict = taken.has(to);
    taken.add(to);
    return isConflict;
  });
}

// Everybody ends with a name of their own, out of few, so that most of these are chains and circles.
const renamingsOf = fc
  .uniqueArray(fc.nat({ max: 11 }), { minLength: 1, maxLength: 12 })
  .chain((before) =>
    fc.tuple(
      fc.constant(before),
      fc.uniqueArray(fc.nat({ max: 11 }), { minLength: before.length, maxLength: before.length }),
      fc.array(fc.boolean(), { minLength: before.length, maxLength: before.length }),
    ),
  )
  .map(([before, after, isNew]) =>
    after.map((to, index): Renaming => {
      const from = isNew[index] === true ? null : `u${String(before[index])}`;
      return { from, to: `u${String(to)}` };
    }),
  );

test("whatever people are renamed to, each is taken once, and no name is given before it is free", () => {
  fc.assert(
    fc.property(renamingsOf, (renamings) => {
      const { order, circles } = orderOf(renamings);
      expect([...order].sort((one, other) => one - other)).toEqual([...renamings.keys()]);
      expect(conflictsOf(renamings, order, circles)).toEqual([]);
    }),
  );
});

test("that the order of the file would do is what the suite can tell: it does not", () => {
  const chain = [
    { from: "a", to: "b" },
    { from: "b", to: "c" },
  ];
  expect(conflictsOf(chain, [0, 1], [])).toEqual([0]);
});

test.each<readonly [string, readonly (readonly [string | null, string])[], readonly number[], readonly number[]]>([
  [
    "nobody is renamed",
    [
      ["a", "a"],
      ["b", "b"],
      [null, "c"],
    ],
    [0, 1, 2],
    [],
  ],
  [
    "a chain of three ends with a new name",
    [
      ["a", "b"],
      ["b", "c"],
      ["c", "d"],
    ],
    [2, 1, 0],
    [],
  ],
  [
    "somebody new gets a name",
    [
      [null, "a"],
      ["b", "b"],
      ["a", "d"],
    ],
    [2, 0, 1],
    [],
  ],
  [
    "two swap",
    [
      ["a", "b"],
      ["x", "x"],
      ["b", "a"],
    ],
    [2, 0, 1],
    [0],
  ],
  [
    "three go round",
    [
      ["a", "b"],
      ["b", "c"],
      ["c", "a"],
    ],
    [2, 1, 0],
    [0],
  ],
  [
    "two pairs swap",
    [
      ["a", "b"],
      ["b", "a"],
      ["c", "d"],
      ["d", "c"],
    ],
    [1, 0, 3, 2],
    [0, 2],
  ],
])(
  "where %s, those who give up a name come first, and all others stay where they are",
  (_name, pairs, order, circles) => {
    expect(orderOf(pairs.map(([from, to]) => ({ from, to })))).toEqual({ order, circles });
  },
);

test("a hundred thousand in one chain are ordered", () => {
  const count = 100_000;
  const renamings = Array.from({ length: count }, (_, index) => ({ from: String(index), to: String(index + 1) }));
  const { order, circles } = orderOf(renamings);
  expect([order[0], order.at(-1), order.length, circles]).toEqual([count - 1, 0, count, []]);
});
