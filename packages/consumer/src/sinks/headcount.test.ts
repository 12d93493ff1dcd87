import { expect, test } from "vitest";
import { Headcount } from "./headcount.ts";

const share = 0.1;

interface Emptied {
  /** Leavers who were more than a tenth. */
  readonly held: number;
  /** Users that were counted, and how often. */
  readonly counted: number;
  readonly asked: number;
}

/** A directory of so many users, of whom one goes with every event. */
function emptied(size: number, leavers = size): Emptied {
  let [left, held, counted, asked] = [size, 0, 0, 0];
  const headcount = new Headcount((most) => {
    asked += 1;
    counted += Math.min(left, most);
    return Math.min(left, most);
  });
  for (let people = 1; people <= leavers; people += 1) {
    left -= 1;
    if (headcount.isMoreThan(share, { people, losses: people })) held += 1;
  }
  return { held, counted, asked };
}

test.each([60, 199, 1_000, 4_321])("a directory of %j users loses a tenth and not one more", (size) => {
  expect(emptied(size).held).toBe(size - Math.floor(size / 10));
});

test("no more of a large directory is counted than has to be known", () => {
  expect(emptied(1_000_000, 7).counted).toBeLessThan(1_000);
});

test("a directory is not counted again for everybody who leaves it: a burst of a whole one would take hours", () => {
  const { held, counted } = emptied(100_000);
  expect(held).toBe(90_000);
  expect(counted).toBeLessThan(150 * 100_000);
});

test("one of which nobody is left is not counted again for each event about those who were there", () => {
  let asked = 0;
  const headcount = new Headcount(() => {
    asked += 1;
    return 0;
  });
  for (let people = 1; people <= 5_000; people += 1) {
    expect(headcount.isMoreThan(share, { people, losses: people })).toBe(true);
  }
  expect(asked).toBeLessThan(800);
});

test("one that has become smaller unheard is counted again before much of it has gone", () => {
  let size = 1_000;
  const headcount = new Headcount((most) => Math.min(size, most));
  const isHeld = (people: number): boolean => headcount.isMoreThan(share, { people, losses: people });
  for (let people = 1; people <= 10; people += 1) expect(isHeld(people)).toBe(false);
  size = 50;
  const first = Array.from({ length: 30 }, (_, index) => index + 11).find(isHeld);
  expect(first).toBeLessThanOrEqual(20);
});

test("who leaves while the time goes by is more than a tenth again only when so many are", () => {
  const headcount = new Headcount((most) => Math.min(900, most));
  expect(headcount.isMoreThan(share, { people: 101, losses: 101 })).toBe(true);
  expect(headcount.isMoreThan(share, { people: 5, losses: 102 })).toBe(false);
  expect(headcount.isMoreThan(share, { people: 101, losses: 400 })).toBe(true);
});
