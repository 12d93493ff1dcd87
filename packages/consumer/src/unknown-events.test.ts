/** I18: an event whose type nobody knows follows the sink's choice, is counted, and never blocks what is read. */
import type { DirectoryEvent } from "@dirsync/sdk";
import { describe, expect, test } from "vitest";
import { consumerRig, recordingSink } from "./fixtures/consumer-rig.ts";
import { makeEvent, makeLog } from "./fixtures/events.ts";
import type { Sink } from "./model.ts";
import type { SinkBinding } from "./sink-binding.ts";

const strange = (number: number, name = "dsync.user.promoted"): DirectoryEvent => makeEvent(number, { name });

/** Two events, one that nobody knows, and two more. */
const log = [...makeLog(1, 2), strange(3), ...makeLog(4, 5)];

const ids = (...numbers: readonly number[]): string[] => numbers.map((number) => makeEvent(number).id);

type Choice = Pick<SinkBinding, "onUnknownEvent" | "policy" | "wants">;

test("each sink does with it what was chosen, and none waits for another", async () => {
  const { clock, journal, make } = await consumerRig(log);
  const choices = [undefined, "deliver", "skip", "halt"] as const;
  const sinks = choices.map((choice) => recordingSink(choice ?? "standard"));
  const bindings = sinks.map((sink, index) => {
    const onUnknownEvent = choices[index];
    return { sink, ...(onUnknownEvent === undefined ? {} : { onUnknownEvent }) };
  });
  const report = await clock.runUntil(make([], { sinks: bindings }).run({ once: true }));
  expect(sinks.map(({ seen }) => seen)).toEqual([ids(1, 2, 3, 4, 5), ids(1, 2, 3, 4, 5), ids(1, 2, 4, 5), ids(1, 2)]);
  expect(report.sinks.map(({ halted }) => halted?.code ?? null)).toEqual([null, null, null, "unknown_event"]);
  expect(report.sinks[3]?.halted?.message).toMatch(
    /event_000003 is of type dsync\.user\.promoted.*sink halt halts.*onUnknownEvent to deliver or skip/,
  );
  const { headSeq, sinks: stands } = await journal.status();
  expect(headSeq).toBe(5);
  expect(Object.fromEntries(stands.map(({ name, pending, lowSeq }) => [name, [pending, lowSeq]]))).toEqual({
    deliver: [0, 5],
    halt: [3, 2],
    skip: [0, 5],
    standard: [0, 5],
  });
});

test.each(["skip", "halt"] as const)("a sink that is to %s gets what it asks for by name", async (onUnknownEvent) => {
  const { clock, make } = await consumerRig(log);
  const sink = recordingSink();
  const binding = { sink, onUnknownEvent, knownEvents: ["dsync.user.promoted"] };
  await clock.runUntil(make([], { sinks: [binding] }).run({ once: true }));
  expect(sink.seen).toEqual(ids(1, 2, 3, 4, 5));
});

describe("a sink that halted", () => {
  test.each([
    ["deliver", ids(3, 4, 5)],
    ["skip", ids(4, 5)],
  ] as const)("goes on with the event itself once the choice is %s, with all its tries", async (choice, expected) => {
    const { clock, make } = await consumerRig(log);
    const run = (sink: Sink, given: Choice): Promise<unknown> =>
      clock.runUntil(make([], { sinks: [{ sink, ...given }] }).run({ once: true }));
    for (let start = 0; start < 15; start += 1) await run(recordingSink(), { onUnknownEvent: "halt" });
    const attempts: number[] = [];
    const sink = recordingSink("app", (_event, { number }) => Promise.resolve(void attempts.push(number)));
    await run(sink, { onUnknownEvent: choice });
    expect(sink.seen).toEqual(expected);
    expect(new Set(attempts)).toEqual(new Set([1]));
  });

  test("does not halt at what it does not want", async () => {
    const { clock, make } = await consumerRig(log);
    const sink = recordingSink();
    const wants = ({ event }: DirectoryEvent): boolean => event !== "dsync.user.promoted";
    await clock.runUntil(make([], { sinks: [{ sink, wants, onUnknownEvent: "halt" }] }).run({ once: true }));
    expect(sink.seen).toEqual(ids(1, 2, 4, 5));
  });
});

describe("halting at an event in a batch", () => {
  test.each([
    ["delivers what comes before it", log, [ids(1, 2)], 2],
    ["delivers one before it alone", [makeEvent(1), strange(2), makeEvent(3)], [ids(1)], 1],
    ["delivers nothing where it comes first", [strange(1), makeEvent(2)], [], 0],
  ])("%s", async (_name, events, expected, delivered) => {
    const { clock, make } = await consumerRig(events);
    const batches: string[][] = [];
    const sink: Sink = {
      name: "app",
      deliver: ({ id }) => Promise.resolve(void batches.push([id])),
      deliverBatch: (entries) => Promise.resolve(void batches.push(entries.map(({ event }) => event.id))),
    };
    const binding = { sink, policy: { runMax: 10 }, onUnknownEvent: "halt" as const };
    const report = await clock.runUntil(make([], { sinks: [binding] }).run({ once: true }));
    expect(batches).toEqual(expected);
    expect(report.sinks).toMatchObject([{ delivered, dead: 0, halted: { code: "unknown_event" } }]);
  });
});

test("a sink that works in the journal's transaction halts with what came before it done", async () => {
  const { clock, make } = await consumerRig(log);
  const applied: string[] = [];
  const sink: Sink = { ...recordingSink(), apply: ({ id }) => void applied.push(id) };
  const binding = { sink, policy: { runMax: 10 }, onUnknownEvent: "halt" as const };
  const report = await clock.runUntil(make([], { sinks: [binding] }).run({ once: true }));
  expect(applied).toEqual(ids(1, 2));
  expect(report.sinks).toMatchObject([{ delivered: 2, halted: { code: "unknown_event" } }]);
});

describe("events of types that nobody knows", () => {
  test("are counted by type, once however often they are listed, and told of when a type is new", async () => {
    const { clock, source, journal, make } = await consumerRig([...log, strange(6), strange(7, "dsync.device.added")]);
    const run = (): Promise<unknown> => clock.runUntil(make([recordingSink()]).run({ once: true }));
    await run();
    source.log.push(strange(8));
    await run();
    expect((await journal.status()).unknownTypes).toMatchObject([
      { type: "dsync.device.added", count: 1, lastEventId: "event_000007" },
      { type: "dsync.user.promoted", count: 3, lastEventId: "event_000008" },
    ]);
    expect(clock.log.filter(({ level }) => level === "warn").map(({ fields }) => fields)).toEqual([
      { types: "dsync.user.promoted, dsync.device.added" },
    ]);
  });

  test("are known where they were asked for by name", async () => {
    const { clock, journal, make } = await consumerRig(log);
    const sink = recordingSink();
    const knownEvents = ["dsync.user.promoted"];
    await clock.runUntil(make([], { sinks: [{ sink, onUnknownEvent: "halt" }], knownEvents }).run({ once: true }));
    expect(sink.seen).toEqual(ids(1, 2, 3, 4, 5));
    expect((await journal.status()).unknownTypes).toEqual([]);
  });

  test("of ever new types with names without end do not let the state file grow with them", async () => {
    const many = Array.from({ length: 150 }, (_, index) => strange(index + 1, `a${index}.${"x".repeat(5_000)}`));
    const { clock, journal, make } = await consumerRig(many);
    await clock.runUntil(make([recordingSink()]).run({ once: true }));
    const { unknownTypes } = await journal.status();
    expect(unknownTypes).toHaveLength(101);
    expect(unknownTypes.find(({ type }) => type === "*")?.count).toBe(50);
    expect(Math.max(...unknownTypes.map(({ type }) => type.length))).toBe(100);
  });
});
