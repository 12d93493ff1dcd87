/** A program that keeps running, under a real dispatcher: one bad event must not cost the others their tries. */
import { randomUUID } from "node:crypto";
import { type DirectoryEvent, systemRuntime } from "@dirsync/sdk";
import { describe, expect, onTestFinished, test } from "vitest";
import { Dispatcher } from "../dispatch/dispatch.ts";
import type { DispatchReport } from "../dispatch/dispatch-options.ts";
import { makeEvent, makeLog } from "../fixtures/events.ts";
import { linesOf } from "../fixtures/processes.ts";
import { holdJournal, temporaryFolder } from "../fixtures/state-file.ts";
import type { DeadLetter, Policy, Sink } from "../model.ts";
import { defaultPolicy } from "../policy.ts";
import { pipeSink } from "./pipe.ts";

/** Answers for what it has read; what the script in `poison` does happens as soon as event 4 is read. */
const program = (poison: string): string => `
import { appendFileSync } from "node:fs";
import { createInterface } from "node:readline";
const folder = process.argv[1];
createInterface({ input: process.stdin }).on("line", (line) => {
  const { id, seq } = JSON.parse(line);
  appendFileSync(folder + "/seen", id + "\\n");
  if (seq === 4) { ${poison} }
  // Later than all of them were read.
  setTimeout(() => {
    appendFileSync(folder + "/taken", id + "\\n");
    process.stdout.write(JSON.stringify({ ack: id }) + "\\n");
  }, 50);
});
`;

/** Each in a lane of its own, so that all are with the program at once. */
const log = Array.from({ length: 8 }, (_, index) => makeEvent(index + 1, { directory: `d${index}` }));
const idOf = (number: number): string => makeEvent(number).id;
const attemptsMax = 3;

interface Run {
  readonly report: DispatchReport;
  readonly deadLetters: readonly DeadLetter[];
  /** Ids, as often as the program has read or taken them. */
  readonly seen: readonly string[];
  readonly taken: readonly string[];
}

/** What is other than usual. */
interface Given {
  readonly policy?: Partial<Policy>;
  readonly wrap?: (sink: Sink) => Sink;
  readonly events?: readonly DirectoryEvent[];
}

/** Delivers the events; `wrap` may change the sink. */
async function run(poison: string, given: Given = {}): Promise<Run> {
  const { policy: changed = {}, wrap = (sink) => sink, events = log } = given;
  const folder = temporaryFolder();
  const journal = await holdJournal();
  const { cursor } = await journal.bind("https://log.test", { from: "start" });
  await journal.append({ events, expectedCursor: cursor, receivedAtMs: 0 });
  const command = [process.execPath, "--input-type=module", "-e", program(poison), folder] as const;
  const sink = pipeSink({ command, environment: {}, instanceId: randomUUID(), killGraceMs: 100 });
  onTestFinished(() => sink.close?.());
  const never = new AbortController().signal;
  const policy = { ...defaultPolicy, attemptsMax, delayMs: () => 10, ...changed };
  const options = { journal, policy, runtime: systemRuntime, drain: never, stop: never };
  const dispatcher = new Dispatcher({ ...options, sink: wrap(sink) });
  dispatcher.finish();
  const report = await dispatcher.run();
  const deadLetters = await journal.deadLetters(sink.name);
  return { report, deadLetters, seen: await linesOf(`${folder}/seen`), taken: await linesOf(`${folder}/taken`, 0) };
}

const others = log.map(({ id }) => id).filter((id) => id !== idOf(4));
const triesOf = ({ seen }: Run, id: string): number => seen.filter((one) => one === id).length;

describe.each([
  ["kills the program", "process.exit(1);", {}, "pipe_ended"],
  // It blocks without taking the processor from the tests beside it.
  [
    "makes it loop for ever",
    "for (;;) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 50);",
    { timeoutMs: 5_000 },
    "sink_timeout",
  ],
  ["is never answered", "return;", { timeoutMs: 5_000 }, "sink_timeout"],
])("an event that %s", (_name, poison, policy, code) => {
  test("becomes a dead letter by its own tries; the others are delivered", async () => {
    const ran = await run(poison, { policy });
    expect(ran.deadLetters.map(({ event, attempts, failure }) => [event.id, attempts, failure.code])).toEqual([
      [idOf(4), attemptsMax, code],
    ]);
    expect([...new Set(ran.taken)].sort()).toEqual(others);
    expect(ran.report).toMatchObject({ delivered: others.length, dead: 1, halted: null });
    expect(triesOf(ran, idOf(4))).toBe(attemptsMax);
  });
});

test("(control) without a turn of its own for what is suspect, it would take the others along", async () => {
  const { deadLetters } = await run("process.exit(1);", { wrap: withOtherIds });
  expect(deadLetters.length).toBeGreaterThan(1);
});

/** Another id each time, so that nothing is ever suspect. */
function withOtherIds(sink: Sink): Sink {
  let tries = 0;
  return {
    name: sink.name,
    deliver: (event, attempt) => sink.deliver({ ...event, id: `${event.id}_${(tries += 1)}` }, attempt),
  };
}

test("answers that come together make Node warn of no leak", async () => {
  const warnings: string[] = [];
  const note = ({ name, message }: Error): void => void warnings.push(`${name}: ${message}`);
  process.on("warning", note);
  const { report } = await run("", { events: makeLog(1, 1_500, 64) });
  process.off("warning", note);
  expect(report.delivered).toBe(1_500);
  expect(warnings).toEqual([]);
});
