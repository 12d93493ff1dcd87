import { knownEventNames } from "@dirsync/sdk";
import { eventDataSchemas } from "@dirsync/sdk/schemas";
import { describe, expect, test } from "vitest";
import { conditions } from "./condition.ts";
import { dataFields } from "./event-fields.ts";

describe("a condition that no event can meet is refused, because what a sink does not want is never delivered", () => {
  test.each([
    ["state=active", /asks for state, which no event has: .* as in data\.state$/],
    ["role.slug=admin", /as in data\.role\.slug$/],
    ["user=ann", /as in data\.user$/],
    ["whatever!=1", /asks for whatever, which no event has: .* as in data\.state$/],
    ["data.staet=active", /asks for data\.staet, which no event has\. Did you mean data\.state\?$/],
    ["data.custom_attribute.team=x", /Did you mean data\.custom_attributes\.team\?$/],
    ["data.state=active and data.emial~*@example.com", /data\.emial.*Did you mean data\.email\?$/],
  ])("%s", (text, mistake) => {
    expect(conditions.read(text)).toEqual({ mistake: expect.stringMatching(mistake) as unknown });
  });
});

test.each([
  "event~dsync.user.*",
  "context.actor.source=api",
  "data.custom_attributes.shoe_size=42",
  "data.user.custom_attributes.nmae=x",
  "data.something_of_later_days=1",
])("%s may be met", (text) => {
  expect(conditions.read(text)).toHaveProperty("value");
});

test.each(knownEventNames)("every field of %s can be asked for", (name) => {
  const fields = Object.keys(eventDataSchemas[name].shape as object);
  expect(fields.length).toBeGreaterThan(2);
  expect(fields.filter((field) => !dataFields.includes(field))).toEqual([]);
});
