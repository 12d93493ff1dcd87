/** The service's own sample payloads against the SDK's schemas: what is published must be readable. */
import { readdirSync, readFileSync } from "node:fs";
import { type DirectoryEvent, isEnvelope, isKnownEventName, timestampMs } from "@dirsync/sdk";
import {
  directoryGroupSchema,
  directorySchema,
  directoryUserWithGroupsSchema,
  envelopeSchema,
  eventDataSchemas,
  listOf,
  problemSchema,
} from "@dirsync/sdk/schemas";
import { describe, expect, test } from "vitest";

const folder = new URL("fixtures/", import.meta.url);
const names = readdirSync(folder).filter((name) => name.endsWith(".json"));
const isEvent = (name: string): boolean => name.startsWith("event.dsync.") || name.startsWith("webhook.");

describe.each(names.filter(isEvent))("%s", (name) => {
  const payload = read(name) as DirectoryEvent;

  test("has an envelope, by the schema and by the fast check alike", () => {
    expect(envelopeSchema.safeParse(payload).error).toBeUndefined();
    expect(isEnvelope(payload)).toBe(true);
    expect(timestampMs(payload.created_at)).not.toBeNull();
  });

  test("has data of its type, and none of it is lost", () => {
    if (!isKnownEventName(payload.event)) throw new Error(`${payload.event} is not known`);
    expect(eventDataSchemas[payload.event].parse(payload.data)).toEqual(payload.data);
  });
});

test("every event name that can be subscribed to has a sample", () => {
  const sampled = new Set(names.filter(isEvent).map((name) => (read(name) as DirectoryEvent).event));
  expect(Object.keys(eventDataSchemas).filter((name) => !sampled.has(name))).toEqual([]);
});

test("an event from before the envelope had a time is refused, although its data can be read", () => {
  const { event, data } = read("event.legacy.dsync.user.updated.suspended.json") as DirectoryEvent;
  expect(envelopeSchema.safeParse({ event, data }).error?.issues.map(({ path }) => path.join("."))).toEqual(
    expect.arrayContaining(["created_at"]),
  );
  expect(eventDataSchemas["dsync.user.updated"].safeParse(data).success).toBe(true);
});

test.each([
  ["object.directory.json", directorySchema],
  ["object.directory_user.json", directoryUserWithGroupsSchema],
  ["object.directory_group.json", directoryGroupSchema],
  ["list.directories.json", listOf(directorySchema)],
  ["list.events.json", listOf(envelopeSchema)],
])("%s can be read", (name, schema) => {
  expect(schema.parse(read(name))).toMatchObject(read(name) as object);
});

test.each(Object.entries(read("errors.json") as Record<string, unknown>))("the error %s can be read", (_name, body) => {
  expect(problemSchema.parse(body)).toEqual(body);
});

function read(name: string): unknown {
  return JSON.parse(readFileSync(new URL(name, folder), "utf8"));
}
