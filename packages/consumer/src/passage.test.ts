import { expect, test } from "vitest";
import { seededRandom } from "./fixtures/seeded-random.ts";
import { Passage } from "./passage.ts";

test("does what a map does", () => {
  const random = seededRandom(7);
  const passage = new Passage<string, object>();
  const model = new Map<string, object>();
  for (let step = 0; step < 2_000; step += 1) {
    const id = `event_${Math.floor(random() * 50)}`;
    if (model.has(id) && random() < 0.6) {
      expect(passage.take(id)).toBe(model.get(id));
      model.delete(id);
    } else if (!model.has(id)) {
      const value = {};
      passage.add(id, value);
      model.set(id, value);
    }
    expect([passage.has(id), passage.get(id), passage.size]).toEqual([model.has(id), model.get(id), model.size]);
    if (step % 500 !== 499) continue;
    expect(passage.takeAll()).toEqual([...model.values()]);
    model.clear();
  }
  expect(passage.take("event_never")).toBeUndefined();
});
