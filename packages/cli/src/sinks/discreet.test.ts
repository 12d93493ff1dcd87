import type { Attempt, Sink } from "@dirsync/consumer";
import { type DirectoryEvent, SinkError } from "@dirsync/sdk";
import { expect, test } from "vitest";
import { Secrets } from "../secrets.ts";
import { discreetSink } from "./discreet.ts";

const event: DirectoryEvent = { object: "event", id: "event_1", event: "dsync.user.created", created_at: "", data: {} };
const attempt: Attempt = {
  number: 1,
  seq: 1,
  epoch: 1,
  lane: "",
  replay: false,
  signal: new AbortController().signal,
};

function sinkThat(fail: () => never): Sink {
  const secrets = new Secrets();
  secrets.keep("canary-value");
  const sink: Sink = {
    name: "app",
    deliver: () => Promise.resolve().then(fail),
    deliverBatch: () => Promise.resolve().then(fail),
    apply: fail,
  };
  return discreetSink(sink, secrets);
}

test("a secret in an error does not get into the journal, and the error stays what it is", async () => {
  const error = new SinkError("cannot log in with canary-value", { verdict: "dead", code: "login" });
  const sink = sinkThat(() => {
    throw error;
  });
  const expected = { message: "cannot log in with [redacted]", verdict: "dead", code: "login" };
  await expect(sink.deliver(event, attempt)).rejects.toMatchObject(expected);
  await expect(sink.deliverBatch?.([], attempt.signal)).rejects.toBe(error);
  const statement = { run: () => ({ changes: 0 }), get: () => undefined, all: () => [] };
  const database = { exec: () => undefined, prepare: () => statement };
  expect(() => sink.apply?.(event, attempt, database)).toThrow("cannot log in with [redacted]");
});

test("what is no error, or cannot be changed, is passed on without its secret", async () => {
  const text = sinkThat(() => {
    // oxlint-disable-next-line typescript/only-throw-error -- handlers do such things
    throw "canary-value";
  });
  await expect(text.deliver(event, attempt)).rejects.toBe("[redacted]");
  const frozen = sinkThat(() => {
    const error: Error = Object.freeze(new Error("canary-value"));
    throw error;
  });
  await expect(frozen.deliver(event, attempt)).rejects.toThrow("[redacted]");
});

test("a sink is wrapped whole: what it has not, it does not get", () => {
  const { name, deliverBatch, apply, close } = discreetSink(
    { name: "app", deliver: async () => undefined },
    new Secrets(),
  );
  expect({ name, deliverBatch, apply, close }).toEqual({ name: "app" });
});
