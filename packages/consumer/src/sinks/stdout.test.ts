import { spawn } from "node:child_process";
import { PassThrough, Writable } from "node:stream";
import { text } from "node:stream/consumers";
import type { DirectoryEvent } from "@dirsync/sdk";
import { describe, expect, test } from "vitest";
import { makeEvent } from "../fixtures/events.ts";
import type { Attempt } from "../model.ts";
import { attemptOf, type Behaviour, cutOff, sinkConformance, type SinkRig } from "./conformance.ts";
import { stdoutSink } from "./stdout.ts";

const attempt: Attempt = {
  number: 1,
  seq: 1,
  epoch: 1,
  lane: "directory:d1",
  replay: false,
  signal: new AbortController().signal,
};

test("each event is one line of JSON, in order, whatever is in it", async () => {
  const stream = new PassThrough();
  const sink = stdoutSink(stream);
  const events = [makeEvent(1), makeEvent(2, { data: { text: "two\nlines\u2028and more" } })];
  for (const event of events) await sink.deliver(event, attempt);
  stream.end();
  const lines = (await text(stream)).split("\n");
  expect(lines.pop()).toBe("");
  expect(lines.map((line) => JSON.parse(line) as unknown)).toEqual(events);
});

/** A reader that reads while it is told to, keeps what it has read, and can go away. */
function readerRig(): SinkRig {
  const read: string[] = [];
  let behaviour: Behaviour = "take";
  const held: (() => void)[] = [];
  let heldCount = 0;
  const stream = new Writable({
    write: (chunk: Buffer, _encoding, done) => {
      if (behaviour === "halt") {
        done(new Error("EPIPE"));
        return;
      }
      const take = (): void => {
        read.push(chunk.toString());
        done();
      };
      if (behaviour === "take") {
        take();
        return;
      }
      heldCount += 1;
      held.push(take);
    },
  });
  const before = stream.listenerCount("error");
  return {
    sink: stdoutSink(stream),
    behave: (next) => {
      behaviour = next;
      if (next === "take") for (const take of held.splice(0)) take();
    },
    taken: () =>
      read
        .join("")
        .split("\n")
        .filter((line) => line !== "")
        .map((line) => JSON.parse(line) as DirectoryEvent),
    held: () => heldCount,
    remains: () => Promise.resolve(stream.listenerCount("error") - before),
  };
}

describe("a stream", () => {
  const oneWay = "its reader cannot answer";
  sinkConformance(readerRig, {
    batches: true,
    exceptions: {
      "rejects with what the receiver decides: retry": oneWay,
      "rejects with what the receiver decides: dead": oneWay,
      "takes at the second try what was refused at the first": oneWay,
      "counts nothing of a batch whose first event is refused": oneWay,
    },
  });
});

test("a reader that pauses for longer than a try finds the event once", async () => {
  const { sink, behave, taken } = readerRig();
  behave("hold");
  const cut = new AbortController();
  const first = sink.deliver(makeEvent(1), attemptOf(1, cut.signal));
  cut.abort(cutOff());
  await expect(first).rejects.toMatchObject({ code: "sink_timeout" });
  const second = sink.deliver(makeEvent(1), { ...attemptOf(1), number: 2 });
  behave("take");
  await second;
  expect(taken()).toEqual([makeEvent(1)]);
});

test("an event is delivered only when the stream has taken it", async () => {
  let release = (): void => undefined;
  const slow = new Writable({
    write: (_chunk, _encoding, done) => {
      release = done;
    },
  });
  let isDelivered = false;
  const delivering = stdoutSink(slow)
    .deliver(makeEvent(1), attempt)
    .then(() => (isDelivered = true));
  await new Promise((resolve) => setImmediate(resolve));
  expect(isDelivered).toBe(false);
  release();
  await delivering;
});

describe("a reader that goes away", () => {
  test("halts the sink; the event stays, and the process does not crash", async () => {
    const reader = spawn("true", { stdio: ["pipe", "ignore", "ignore"] });
    const sink = stdoutSink(reader.stdin);
    await new Promise((resolve) => reader.once("exit", resolve));
    const big = makeEvent(1, { data: { text: "x".repeat(200_000) } });
    await expect(sink.deliver(big, attempt)).rejects.toMatchObject({ code: "reader_gone", verdict: "halt" });
    // The stream reports the same error once more; nobody but the sink listens.
    await new Promise((resolve) => setImmediate(resolve));
    await expect(sink.deliver(big, attempt)).rejects.toMatchObject({ verdict: "halt" });
  });

  test("is an error of the stream as well, which would end a process that does not listen", async () => {
    const closed = new Writable({ write: (_chunk, _encoding, done) => done(new Error("EPIPE")) });
    const sink = stdoutSink(closed);
    const isClosed = new Promise((resolve) => closed.once("close", resolve));
    await expect(sink.deliver(makeEvent(1), attempt)).rejects.toMatchObject({ code: "reader_gone" });
    await isClosed;
    expect(closed.errored).toMatchObject({ message: "EPIPE" });
  });

  test("leaves nothing behind on the stream when the sink is closed", async () => {
    const stream = new PassThrough();
    const before = stream.listenerCount("error");
    const sink = stdoutSink(stream);
    await sink.close?.();
    expect(stream.listenerCount("error")).toBe(before);
  });
});
