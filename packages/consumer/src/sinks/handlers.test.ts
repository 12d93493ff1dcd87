import { type DirectoryEvent, type EventOf, SinkError } from "@dirsync/sdk";
import { describe, expect, expectTypeOf, test } from "vitest";
import { makeEvent } from "../fixtures/events.ts";
import { type LogLine, recordingLogger } from "../fixtures/virtual-clock.ts";
import type { Attempt } from "../model.ts";
import { type HandlerContext, type Handlers, handlersSink } from "./handlers.ts";

const attempt: Attempt = {
  number: 2,
  seq: 9,
  epoch: 1,
  lane: "directory:d1",
  replay: false,
  signal: new AbortController().signal,
};
const created = makeEvent(1, { name: "dsync.user.created", user: "u7" });

describe("an event goes", () => {
  const calls: string[] = [];
  const note =
    (name: string) =>
    ({ event }: { event: string }): void =>
      void calls.push(`${name} ${event}`);
  const handlers: Handlers = { "dsync.user.created": note("typed"), "*": note("rest") };

  test.each([
    ["to the handler of its name", created, "typed dsync.user.created"],
    ["to * when it has none", makeEvent(2, { name: "dsync.group.created" }), "rest dsync.group.created"],
    ["to * when its name is unknown", makeEvent(3, { name: "connection.activated" }), "rest connection.activated"],
    ["to * when its name is one of every object", makeEvent(4, { name: "constructor" }), "rest constructor"],
  ])("%s", async (_name, event, call) => {
    calls.length = 0;
    await handlersSink(handlers).deliver(event, attempt);
    expect(calls).toEqual([call]);
  });

  test("nowhere, and counts as delivered, when nobody wants it", async () => {
    await expect(handlersSink({}).deliver(created, attempt)).resolves.toBeUndefined();
    await expect(handlersSink({}).deliver(makeEvent(1, { name: "toString" }), attempt)).resolves.toBeUndefined();
  });
});

test.each([
  [
    "of a mistyped event",
    { "dsync.usr.deleted": () => undefined },
    /"dsync\.usr\.deleted", which is no event\. Events: dsync\./,
  ],
  ["that is no function", { "dsync.user.deleted": "remove" }, /handler for dsync\.user\.deleted is not a function/],
])("a handler %s is refused, for what it should have got would count as delivered", (_name, handlers, message) => {
  expect(() => handlersSink(handlers as Handlers)).toThrow(message);
});

test("a handler gets typed data, the attempt, its signal and a log", async () => {
  const lines: LogLine[] = [];
  const seen: unknown[] = [];
  const sink = handlersSink(
    {
      "dsync.user.created": (event, context) => {
        expectTypeOf(event).toEqualTypeOf<EventOf<"dsync.user.created">>();
        expectTypeOf(event.data.id).toEqualTypeOf<string>();
        expectTypeOf(context).toEqualTypeOf<HandlerContext>();
        seen.push(event.data.id, context.attempt, context.signal);
        context.log.info({ user: event.data.id }, "made an account");
      },
      "*": (event) => {
        expectTypeOf(event).toEqualTypeOf<DirectoryEvent>();
      },
    },
    { name: "app", log: recordingLogger(lines) },
  );
  await sink.deliver(created, attempt);
  expect(sink.name).toBe("app");
  expect(seen).toEqual(["u7", attempt, attempt.signal]);
  expect(lines).toEqual([{ level: "info", fields: { user: "u7" }, message: "made an account" }]);
});

describe("data that is not of its type", () => {
  const odd = makeEvent(1, { name: "dsync.user.created", data: { id: 7, first_name: "Mara", state: null } });

  test("is given up at once, says where, and shows nothing of the data", async () => {
    let calls = 0;
    const sink = handlersSink({ "dsync.user.created": () => void (calls += 1) });
    const delivering = sink.deliver(odd, attempt);
    await expect(delivering).rejects.toMatchObject({ code: "data_invalid", verdict: "dead" });
    await expect(delivering).rejects.toThrow(/event_000001 \(dsync\.user\.created\).*id.*state/);
    await expect(delivering).rejects.not.toThrow(/Mara|7/);
    expect(calls).toBe(0);
  });

  test("never keeps a leaver's handler from running, as long as it says who it is", async () => {
    const seen: string[] = [];
    const sink = handlersSink({ "dsync.user.deleted": (event) => void seen.push(event.data.id) });
    await sink.deliver(makeEvent(1, { name: "dsync.user.deleted", data: { id: "u7", state: null } }), attempt);
    expect(seen).toEqual(["u7"]);
    const nobody = makeEvent(2, { name: "dsync.user.deleted", data: { id: null } });
    await expect(sink.deliver(nobody, attempt)).rejects.toMatchObject({ code: "data_invalid" });
  });

  test("is no concern of a handler for everything", async () => {
    await expect(handlersSink({ "*": () => undefined }).deliver(odd, attempt)).resolves.toBeUndefined();
  });

  test("fields that are new to us are passed on", async () => {
    const event = makeEvent(1, { name: "dsync.user.created", data: { ...created.data, shoe_size: 43 } });
    let seen: unknown;
    await handlersSink({ "dsync.user.created": ({ data }) => void (seen = data["shoe_size"]) }).deliver(event, attempt);
    expect(seen).toBe(43);
  });
});

describe("what a handler throws reaches the dispatcher as it is", () => {
  test.each([
    ["any error", new Error("no database")],
    ["a verdict", new SinkError("never", { verdict: "dead", code: "unknown_plan" })],
  ])("%s", async (_name, error) => {
    const sink = handlersSink({ "dsync.user.created": () => Promise.reject(error) });
    await expect(sink.deliver(created, attempt)).rejects.toBe(error);
  });

  test("also when it is thrown before a promise is made", async () => {
    const error = new Error("at once");
    const sink = handlersSink({
      "dsync.user.created": () => {
        throw error;
      },
    });
    await expect(sink.deliver(created, attempt)).rejects.toBe(error);
  });
});
