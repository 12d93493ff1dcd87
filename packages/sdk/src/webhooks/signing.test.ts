import { describe, expect, expectTypeOf, test } from "vitest";
import { knownEventNames, type DirectoryUser } from "../index.ts";
import { eventDataSchemas } from "../schemas/index.ts";
import { receive } from "./index.ts";
import { signedHeaders, signedRequest, testEvent, type EventOf } from "./signing.ts";
import { reasonOf } from "./test-subjects.ts";

const secret = "whsec_dGhpcyBpcyBhIHRlc3Qgc2VjcmV0";

describe("testEvent", () => {
  test.each(knownEventNames)("makes a %s that keeps to the contract", (name) => {
    const event = testEvent(name);
    expect(event).toMatchObject({ event: name, id: "event_01JTEST0000000000000000000" });
    expect(eventDataSchemas[name].safeParse(event.data)).toMatchObject({ success: true });
  });

  test("is typed by its name, and so are the changes to it", () => {
    expectTypeOf(testEvent("dsync.user.created")).toEqualTypeOf<EventOf<"dsync.user.created">>();
    expectTypeOf(testEvent("dsync.user.created").data).toEqualTypeOf<DirectoryUser>();
    // @ts-expect-error a state is text
    testEvent("dsync.user.created", { data: { state: 1 } });
    // @ts-expect-error there is no such event
    testEvent("dsync.robot.built");
  });

  test("takes other ids, times, contexts and fields, and keeps the rest", () => {
    const event = testEvent("dsync.user.updated", {
      id: "event_2",
      created_at: "2026-02-01T00:00:00.000Z",
      context: { client_id: "client_1" },
      data: { state: "inactive", custom_attributes: { team: "A" } },
    });
    expect(event).toMatchObject({
      id: "event_2",
      created_at: "2026-02-01T00:00:00.000Z",
      context: { client_id: "client_1" },
    });
    expect(event.data).toMatchObject({
      state: "inactive",
      first_name: "Ada",
      previous_attributes: { last_name: "Bloch" },
    });
    expect(event.data.custom_attributes).toEqual({ team: "A" });
  });

  test("gives each test its own: a change of one event reaches no other", () => {
    const first = testEvent("dsync.group.user_added");
    Object.assign(first.data.user, { state: "inactive" });
    Object.assign(first.data.user.custom_attributes ?? {}, { team: "A" });
    expect(testEvent("dsync.group.user_added").data.user).not.toEqual(first.data.user);
    expect(JSON.stringify(testEvent("dsync.user.created"))).toBe(JSON.stringify(testEvent("dsync.user.created")));
  });
});

describe("signedRequest", () => {
  test.each(["workos", "standard"] as const)("is received as the event, signed with %s", async (scheme) => {
    const event = testEvent("dsync.user.deleted", { id: "event_3", data: { first_name: "Zoë" } });
    const request = await signedRequest(event, { secret, scheme });
    expect(request).toMatchObject({ method: "POST", url: "http://localhost/webhooks" });
    expect(request.headers.get("content-type")).toBe("application/json");
    await expect(receive(request, { secret })).resolves.toEqual(event);
  });

  test("is refused for another secret, and for the time it was given", async () => {
    const event = testEvent("dsync.user.deleted");
    const other = await signedRequest(event, { secret: "whsec_other", url: "https://app.example/hooks?a=b" });
    expect(other.url).toBe("https://app.example/hooks?a=b");
    expect(await reasonOf(async () => receive(other, { secret }))).toBe("signature_mismatch");
    const stale = await signedRequest(event, { secret, timestampMs: Date.now() - 3_600_000 });
    expect(await reasonOf(async () => receive(stale, { secret }))).toBe("timestamp_too_old");
  });
});

test("signedHeaders gives one `v1` with WorkOS, because some official clients read no more", async () => {
  const headers = await signedHeaders({ payload: "{}", secret, timestampMs: 1_768_478_400_000 });
  expect(headers).toEqual({
    "workos-signature": expect.stringMatching(/^t=1768478400000, v1=[0-9a-f]{64}$/) as string,
  });
});
