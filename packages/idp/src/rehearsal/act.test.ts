import { expect, test } from "vitest";
import { makeGroup } from "../groups.ts";
import { people, takePeople } from "../people.ts";
import { describeAct } from "./act.ts";

const cast = takePeople(people(1, { domain: "example.com" }), 5);
const names = cast.map(({ displayName }) => displayName);
const group = makeGroup("Sales", 1);

test.each([
  [1, `${names[0]} joins Sales`],
  [2, `${names[0]} and ${names[1]} join Sales`],
  [3, `${names[0]}, ${names[1]} and ${names[2]} join Sales`],
  [5, `${names[0]}, ${names[1]}, ${names[2]} and 2 more join Sales`],
])("an act of %i people reads as a sentence", (count, sentence) => {
  expect(describeAct({ kind: "add members", people: cast.slice(0, count), group })).toBe(sentence);
});
