import { expect, test } from "vitest";
import type { DirectoryEvent } from "@dirsync/sdk";
import { stateTextOf, textOf } from "./event-text.ts";

const before = { first_name: "Ada" };

const datas: readonly (readonly [what: string, data: Record<string, unknown>])[] = [
  ["nothing before", { id: "user_1", role: { slug: "admin" }, groups: [], state: null }],
  ["what was before at its end", { id: "user_1", first_name: 'A"\\\u2028', previous_attributes: before }],
  ["what was before in its midst", { id: "user_1", previous_attributes: before, first_name: "Zoë" }],
  ["nothing but what was before", { previous_attributes: before }],
  ["nothing known of before", { id: "user_1", previous_attributes: null }],
  ["an absent before", { id: "user_1", previous_attributes: undefined }],
  ["absent fields around it", { id: undefined, name: undefined, previous_attributes: before }],
  ["names that are numbers, which go first", { previous_attributes: before, 7: "seven" }],
  ["a name of every object", JSON.parse('{"__proto__":{"a":1},"id":"u","previous_attributes":{}}') as object as never],
  ["nothing at all", {}],
];

const eventsWith = (data: object): readonly DirectoryEvent[] =>
  [
    { object: "event", id: "event_1", event: "dsync.user.updated", data, created_at: "2026-01-01T00:00:00Z" },
    { data, id: "event_1", ü: [data], context: undefined, event: "dsync.user.updated", created_at: "" },
    { context: { a: 1, data }, id: 'e,"data":{', event: "dsync.user.updated", data, created_at: '"}', extra: { data } },
    { id: ',"data":{"', event: '{"data":', created_at: "", data },
  ] as unknown as readonly DirectoryEvent[];

test.each(datas)("the text of an event with %s is what JSON.stringify makes of it", (_what, data) => {
  for (const event of eventsWith(data)) expect(textOf(event).body).toBe(JSON.stringify(event));
});

test.each(datas)("the state of an event with %s is all of its data but what was before", (_what, data) => {
  const { previous_attributes: _before, ...state } = data;
  for (const event of eventsWith(data)) expect(textOf(event).state).toBe(JSON.stringify(state));
  expect(stateTextOf(data)).toBe(JSON.stringify(state));
});
