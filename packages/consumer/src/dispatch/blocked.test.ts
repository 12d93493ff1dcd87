import { expect, test } from "vitest";
import { Blocked } from "./blocked.ts";

const sharing = { exclusive: [], shared: ["group"] };
const alone = { exclusive: ["group"], shared: [] };

test("nothing is held back that came before what failed", () => {
  const blocked = new Blocked();
  blocked.add(5, alone);
  expect([4, 5, 6].map((seq) => blocked.blocks(seq, alone))).toEqual([false, false, true]);
});

test("of two that failed on one key the earlier counts, in whichever order they did", () => {
  for (const seqs of [
    [3, 5],
    [5, 3],
  ]) {
    const blocked = new Blocked();
    for (const seq of seqs) blocked.add(seq, sharing);
    expect([blocked.blocks(2, alone), blocked.blocks(4, alone)]).toEqual([false, true]);
  }
});
