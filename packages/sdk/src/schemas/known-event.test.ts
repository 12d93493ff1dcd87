import { describe, expect, expectTypeOf, test } from "vitest";
import { knownEventNames, type DirectoryUser, type EventOf, type KnownEvent, type Membership } from "../index.ts";
import { testEvent } from "../webhooks/signing.ts";
import { knownEventSchema } from "./index.ts";

/** What an app writes. It does not compile when a name is missing, or a field is read that its event does not have. */
function describeEvent(event: KnownEvent): string {
  switch (event.event) {
    case "dsync.activated":
    case "dsync.deleted":
      return `directory ${event.data.name}`;
    case "dsync.user.created":
    case "dsync.user.updated":
    case "dsync.user.deleted":
      return `user ${event.data.email ?? "without an address"}`;
    case "dsync.group.created":
    case "dsync.group.updated":
    case "dsync.group.deleted":
      return `group ${event.data.name}`;
    case "dsync.group.user_added":
    case "dsync.group.user_removed":
      return `${event.data.user.email ?? "somebody"} and ${event.data.group.name}`;
    case "dsync.token.created":
    case "dsync.token.revoked":
      return `token …${event.data.token_suffix}`;
    default:
      return event satisfies never;
  }
}

describe("an event with a known name", () => {
  test.each(knownEventNames)("%s is what the schema makes of it, with the fields nobody knows", (name) => {
    const event = { ...testEvent(name), object: "event", extra: 1, data: { ...testEvent(name).data, more: [2] } };
    expect(knownEventSchema.parse(event)).toEqual(event);
    expect(describeEvent(knownEventSchema.parse(event))).not.toContain("undefined");
  });

  test("has the data of its name in each case of a switch", () => {
    expectTypeOf<Extract<KnownEvent, { event: "dsync.user.deleted" }>>().toEqualTypeOf<EventOf<"dsync.user.deleted">>();
    const event = knownEventSchema.parse(testEvent("dsync.group.user_added"));
    if (event.event === "dsync.user.created") expectTypeOf(event.data).toEqualTypeOf<DirectoryUser>();
    if (event.event === "dsync.group.user_added") expectTypeOf(event.data).toEqualTypeOf<Membership>();
  });

  test("and data of another shape is refused, by its place", () => {
    const { data, ...rest } = testEvent("dsync.user.created");
    const refused = knownEventSchema.safeParse({ ...rest, data: { ...data, email: 7 } });
    expect(refused.error?.issues.map(({ path }) => path.join("."))).toEqual(["data.email"]);
  });

  test("is no event of another name, nor one with the data of another", () => {
    const { data, ...rest } = testEvent("dsync.group.user_added");
    expect(knownEventSchema.safeParse({ ...rest, event: "dsync.later", data }).success).toBe(false);
    expect(knownEventSchema.safeParse({ ...rest, event: "dsync.user.created", data }).success).toBe(false);
  });
});
