/**
 * Programs that get events: one for each event, one that keeps running, and the one that runs handlers. The limit is the
 * least that talks to a program at all: lines out, lines back, a window, and nothing that notices when something is wrong.
 */
import { spawn } from "node:child_process";
import { createRequire } from "node:module";
import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { type Attempt, commandSink, type Cut, isolatedSink, pipeSink, type Sink } from "@dirsync/consumer";
import type { DirectoryEvent } from "@dirsync/sdk";
import type { Benchmark, Case, Metric, Sample, Setting, Subject } from "./harness/benchmark.ts";
import { cpuSecondsSince } from "./harness/throughput.ts";
import { userEvent } from "./payloads.ts";

const eventBytes = 1024;
const instanceId = "bench";
const environment = { PATH: process.env["PATH"] ?? "" };

const metrics: Readonly<Record<string, Metric>> = {
  perSecond: { unit: "events per second", better: "more", judgedBy: "best" },
  /** What a program uses that goes on running is its own. */
  perCpuSecond: { unit: "events per CPU second of whoever hands them out", better: "more", judgedBy: "median" },
};

/** Says that it has done with each event at once. */
const program = `
require("node:readline").createInterface({ input: process.stdin })
  .on("line", (line) => process.stdout.write(JSON.stringify({ ack: JSON.parse(line).id }) + "\\n"));`;
const command = [process.execPath, "-e", program] as const;

type Deliver = (event: DirectoryEvent) => Promise<void>;

/** As many events at once as the window has places. */
async function pump(deliver: Deliver, count: number, window: number): Promise<Sample> {
  const event = userEvent(eventBytes) as unknown as DirectoryEvent;
  let begun = 0;
  const work = async (): Promise<void> => {
    for (; begun < count;) await deliver({ ...event, id: `event_${(begun += 1)}` });
  };
  const before = process.cpuUsage();
  const startedMs = performance.now();
  await Promise.all(Array.from({ length: window }, work));
  const perSecond = (count / (performance.now() - startedMs)) * 1_000;
  return { perSecond, perCpuSecond: count / cpuSecondsSince(before) };
}

/** Until the engine has compiled what it will, on a machine that does nothing else. */
const warmUpMs = 500;

/** `count` events a sample, enough for a tenth of a second at least. */
async function subject(
  { scale }: Setting,
  deliver: Deliver,
  [count, window]: readonly [number, number],
): Promise<Subject> {
  const isTiny = scale === "tiny";
  const startedMs = performance.now();
  // The first time it starts the program.
  do await pump(deliver, isTiny ? window : count, window);
  while (!isTiny && performance.now() - startedMs < warmUpMs);
  return { sample: () => pump(deliver, isTiny ? 3 : count, window) };
}

function bareLoop(): Deliver {
  const child = spawn(process.execPath, ["-e", program], { stdio: ["pipe", "pipe", "inherit"] });
  process.once("exit", () => child.kill());
  const waiting = new Map<string, () => void>();
  let rest = "";
  child.stdout.setEncoding("utf8").on("data", (piece: string) => {
    const lines = (rest + piece).split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) waiting.get((JSON.parse(line) as { ack: string }).ack)?.();
  });
  return (event) =>
    new Promise((resolve) => {
      waiting.set(event.id, resolve);
      child.stdin.write(`${JSON.stringify(event)}\n`);
    });
}

/** Starts a program, hands it the event and waits for its end, and nothing else. */
const bareSpawn: Deliver = (event) =>
  new Promise((resolve, reject) => {
    const child = spawn("/bin/true", [], { stdio: ["pipe", "ignore", "ignore"], env: environment });
    // It need not read what it is given.
    child.stdin.on("error", () => undefined).end(JSON.stringify(event));
    child.on("error", reject).on("close", () => resolve());
  });

/** With tries as a dispatcher makes them where each run is of one event: no signal until somebody looks. */
function delivering(sink: Sink): Deliver {
  const attempt = { number: 1, seq: 1, epoch: 1, lane: "directory:d1", replay: false };
  return (event) => sink.deliver(event, withSignal({ ...attempt, cut: new NeverCut() }));
}

function withSignal(attempt: Omit<Attempt, "signal">): Attempt {
  return Object.defineProperty(attempt, "signal", lazySignal) as Attempt;
}

class NeverCut implements Cut {
  readonly reason = undefined;
  readonly #listeners: (() => void)[] = [];
  #controller: AbortController | null = null;

  get isSeen(): boolean {
    return this.#controller !== null;
  }

  get signal(): AbortSignal {
    return (this.#controller ??= new AbortController()).signal;
  }

  listen(listener: () => void): void {
    this.#listeners.push(listener);
  }

  unlisten(listener: () => void): void {
    const index = this.#listeners.lastIndexOf(listener);
    if (index !== -1) this.#listeners.splice(index, 1);
  }
}

const lazySignal: PropertyDescriptor & ThisType<{ readonly cut: NeverCut }> = {
  configurable: true,
  enumerable: true,
  get() {
    return this.cut.signal;
  },
};

/** The process in which `dirsync tail` runs handlers, with one that does nothing. */
function isolated(): Sink {
  const host = join(
    dirname(createRequire(import.meta.url).resolve("@dirsync/cli/package.json")),
    "dist/handler-host.js",
  );
  const folder = mkdtempSync(join(tmpdir(), "dirsync-bench-"));
  writeFileSync(join(folder, "handlers.mjs"), 'export default { "*": () => undefined };');
  return isolatedSink({
    command: [process.execPath, host, join(folder, "handlers.mjs"), folder],
    environment,
    instanceId,
  });
}

const cases: readonly Case[] = [
  {
    name: "bare loop, 100 at once",
    role: "limit",
    open: async (setting) => subject(setting, bareLoop(), [10_000, 100]),
  },
  {
    name: "bare spawn for each event",
    role: "limit",
    open: async (setting) => subject(setting, bareSpawn, [60, 2]),
  },
  {
    name: "a process for each event",
    role: "ours",
    open: async (setting) =>
      subject(setting, delivering(commandSink({ command: ["/bin/true"], environment, instanceId })), [60, 2]),
  },
  {
    name: "--pipe, 100 at once",
    role: "ours",
    open: async (setting) =>
      subject(setting, delivering(pipeSink({ command, environment, instanceId })), [10_000, 100]),
  },
  {
    name: "--pipe, one at a time",
    role: "ours",
    open: async (setting) => subject(setting, delivering(pipeSink({ command, environment, instanceId })), [2_000, 1]),
  },
  {
    name: "handlers in a process, 100 at once",
    role: "ours",
    open: async (setting) => subject(setting, delivering(isolated()), [10_000, 100]),
  },
  {
    name: "handlers in a process, one at a time",
    role: "ours",
    open: async (setting) => subject(setting, delivering(isolated()), [2_000, 1]),
  },
];

export const benchmarks: readonly Benchmark[] = [
  {
    name: "sinks/programs",
    title: "events of 1 KiB to a program and its answers back",
    metrics,
    cases,
    rounds: 20,
    goals: [
      { metric: "perSecond", of: "a process for each event", to: "bare spawn for each event", bound: 0.8 },
      { metric: "perSecond", of: "--pipe, 100 at once", to: "bare loop, 100 at once", bound: 0.7 },
      { metric: "perSecond", of: "--pipe, 100 at once", to: "a process for each event", bound: 100 },
    ],
  },
];
