import { expect, test } from "vitest";
import { seededRandom } from "../fixtures/seeded-random.ts";
import { InFlight } from "./in-flight.ts";

test("does what a map does", () => {
  const random = seededRandom(7);
  const inFlight = new InFlight<object>();
  const model = new Map<string, object>();
  for (let step = 0; step < 2_000; step += 1) {
    const id = `event_${Math.floor(random() * 50)}`;
    if (model.has(id) && random() < 0.6) {
      expect(inFlight.take(id)).toBe(model.get(id));
      model.delete(id);
    } else if (!model.has(id)) {
      const value = {};
      inFlight.add(id, value);
      model.set(id, value);
    }
    expect([inFlight.has(id), inFlight.get(id)]).toEqual([model.has(id), model.get(id)]);
    if (step % 500 !== 499) continue;
    expect(inFlight.takeAll()).toEqual([...model.values()]);
    model.clear();
  }
  expect(inFlight.take("event_never")).toBeUndefined();
});
