import { expect, test } from "vitest";
import { createLock } from "./lock.ts";

test("one at a time, in the order they came, also after one has failed", async () => {
  const lock = createLock();
  const seen: string[] = [];
  const enter = (name: string, fails = false) =>
    lock(async () => {
      seen.push(`${name} in`);
      await Promise.resolve();
      seen.push(`${name} out`);
      if (fails) throw new Error(name);
      return name;
    });
  const outcomes = await Promise.allSettled([enter("a"), enter("b", true), enter("c"), enter("d")]);
  expect(seen).toEqual(["a", "b", "c", "d"].flatMap((name) => [`${name} in`, `${name} out`]));
  expect(outcomes.map(({ status }) => status)).toEqual(["fulfilled", "rejected", "fulfilled", "fulfilled"]);
});

test("nobody slips in between the one who leaves and the one who is woken", async () => {
  const lock = createLock();
  const seen: string[] = [];
  const enter = (name: string) =>
    lock(async () => {
      seen.push(name);
    });
  const late: Promise<void>[] = [];
  const first = lock(async () => {
    seen.push("first");
    // Two steps later the first has let go, and the second, who was woken, has not begun.
    late.push(
      Promise.resolve()
        .then(() => undefined)
        .then(() => enter("third")),
    );
  });
  const second = enter("second");
  await Promise.all([first, second]);
  await Promise.all(late);
  expect(seen).toEqual(["first", "second", "third"]);
});
