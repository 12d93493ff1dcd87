/**
 * Carries out a plan as a tail would: event by event, each until it is on record, with what the plan injects. What the
 * handlers themselves reject is tried again, then put aside as a dead letter, and redriven in the end.
 */
import { rmSync } from "node:fs";
import { systemRuntime } from "@dirsync/sdk";
import type { Laboratory } from "./laboratory.ts";
import type { Fault, LogEntry, Observation, Plan, Trace, Trouble, TroubleKind } from "./model.ts";
import { isSuperseded, layOut, type Turn } from "./order.ts";
import type { Injection } from "./protocol.ts";
import type { Subject } from "./subject.ts";
import { makeTries, type Outcome, type Request } from "./tries.ts";

/** How a run is watched. */
export interface RunOptions {
  /** How long to wait, after each event, for what goes on behind its promise. */
  readonly settleMs: number;
}

/** A try that nothing is done to is made so often before the event is given up. */
const triesMax = 4;
/** Pauses between them grow by this. */
const pauseMs = 15;

/** Carries out one plan in a process and a folder of its own. @throws ConfigError when the module cannot be used at all. */
export async function carryOut(plan: Plan, laboratory: Laboratory, options: RunOptions): Promise<Observation> {
  const run = new Run(plan, laboratory, options);
  try {
    return await run.observe();
  } finally {
    await run.close();
  }
}

/** What the run was to show has been shown, or the app's own code cannot take its state any more: there is no going on. */
class Broken extends Error {}

/** Trouble that would only take more time with each further try. */
function isEnd(kind: TroubleKind): boolean {
  return kind === "hangs" || kind === "exits" || kind === "ignores_abort";
}

class Run {
  readonly #plan: Plan;
  readonly #laboratory: Laboratory;
  readonly #options: RunOptions;
  readonly #folder: string;
  readonly #traces = new Map<number, Trace>();
  readonly #troubles: Trouble[] = [];
  readonly #tried = new Map<number, number>();
  readonly #delivered: LogEntry[] = [];
  /** Dead letters, with what their handler said last. */
  readonly #dead = new Map<LogEntry, string>();
  #subject: Subject;
  #epoch = 1;
  #hasHarness = false;

  constructor(plan: Plan, laboratory: Laboratory, options: RunOptions) {
    this.#plan = plan;
    this.#laboratory = laboratory;
    this.#options = options;
    this.#folder = laboratory.folder();
    this.#subject = laboratory.take();
  }

  async observe(): Promise<Observation> {
    this.#hasHarness = (await this.#subject.load(this.#folder)).hasHarness;
    if (this.#hasHarness) await this.#subject.reset();
    const { turns, redriven } = layOut(this.#plan, this.#laboratory.conditions.lane);
    try {
      for (const turn of turns) await this.#take(turn);
      await this.#redrive(redriven);
      return this.#result(this.#hasHarness ? await this.#orBroken(() => this.#subject.snapshot()) : undefined);
    } catch (error) {
      if (!(error instanceof Broken)) throw error;
      return this.#result(undefined);
    }
  }

  async close(): Promise<void> {
    await this.#subject.end();
    rmSync(this.#folder, { recursive: true, force: true });
  }

  #result(snapshot: unknown): Observation {
    return { snapshot, troubles: this.#troubles, traces: this.#traces };
  }

  async #take({ entries, faults }: Turn): Promise<void> {
    const [entry, ...others] = entries;
    if (entry === undefined) return;
    if (others.length > 0) await this.#deliverTogether(entries);
    else await this.#deliver(entry, faults);
  }

  async #deliver(entry: LogEntry, faults: readonly Fault[]): Promise<void> {
    for (const fault of faults) {
      const outcome = await this.#try(entry, injectionOf(fault));
      // Taken, whatever was done to it: it is on record, and does not come again.
      if (outcome.kind === "resolved" && fault.kind !== "again") return await this.#finish(entry, faults);
      if (outcome.kind === "killed" && fault.kind === "crash_after") await this.#repeat(fault.span - 1);
    }
    await this.#insist(entry, faults);
  }

  /** Tries until the event is taken or given up. */
  async #insist(entry: LogEntry, faults: readonly Fault[] = []): Promise<void> {
    let message = "the process did not live to tell";
    for (let number = 1; number <= triesMax; number += 1) {
      const outcome = await this.#try(entry, null);
      if (outcome.kind === "resolved") return await this.#finish(entry, faults);
      if (outcome.kind === "rejected") message = outcome.message;
      if (outcome.kind === "rejected" && outcome.isFinal) break;
      await systemRuntime.sleep(pauseMs * number, this.#laboratory.conditions.signal);
    }
    this.#dead.set(entry, message);
  }

  async #finish(entry: LogEntry, faults: readonly Fault[]): Promise<void> {
    this.#dead.delete(entry);
    this.#delivered.push(entry);
    if (faults.some(({ kind }) => kind === "restart")) await this.#restart();
  }

  /** What was delivered and had not got on record when the process was killed comes again. */
  async #repeat(count: number): Promise<void> {
    if (count <= 0) return;
    for (const entry of this.#delivered.splice(-count)) await this.#insist(entry);
  }

  async #deliverTogether(entries: readonly LogEntry[]): Promise<void> {
    const outcomes = await this.#order(entries.map((entry) => this.#request(entry, null)));
    for (const [index, entry] of entries.entries()) {
      if (outcomes[index]?.kind === "resolved") await this.#finish(entry, []);
      else await this.#insist(entry);
    }
  }

  /** Delivers what was given up, as a person does once the cause is mended, until nothing more is taken. */
  async #redrive(withheld: readonly LogEntry[]): Promise<void> {
    const { entries, faults } = this.#plan;
    for (const entry of withheld) this.#dead.set(entry, "it was not delivered");
    const isOvertaken = ({ seq, event }: LogEntry): boolean =>
      entries.some((later) => later.seq > seq && isSuperseded(event, later.event));
    for (let before = Infinity; this.#dead.size > 0 && this.#dead.size < before;) {
      before = this.#dead.size;
      const due = [...this.#dead.keys()].filter((entry) => !isOvertaken(entry));
      for (const entry of due.sort((one, other) => one.seq - other.seq)) await this.#insist(entry);
    }
    // An event that could not be taken because another was missing, and that means nothing any more, is no failure.
    const isExcused = (entry: LogEntry): boolean => faults.some(({ kind }) => kind === "redrive") && isOvertaken(entry);
    for (const [entry, message] of this.#dead) {
      if (!isExcused(entry)) this.#troubles.push({ kind: "fails", at: entry.seq, message });
    }
  }

  async #try(entry: LogEntry, injection: Injection | null): Promise<Outcome> {
    const [outcome] = await this.#order([this.#request(entry, injection)]);
    return outcome ?? { kind: "gone" };
  }

  #request(entry: LogEntry, injection: Injection | null): Request {
    const number = (this.#tried.get(entry.seq) ?? 0) + 1;
    this.#tried.set(entry.seq, number);
    return { entry, number, injection };
  }

  async #order(requests: readonly Request[]): Promise<readonly Outcome[]> {
    const { settleMs } = this.#options;
    const { conditions } = this.#laboratory;
    const place = { subject: this.#subject, epoch: this.#epoch, conditions, settleMs };
    const { outcomes, traces, troubles, isGone } = await makeTries(requests, place);
    for (const [seq, trace] of traces) this.#traces.set(seq, trace);
    this.#troubles.push(...troubles);
    if (troubles.some(({ kind }) => isEnd(kind))) throw new Broken();
    if (isGone) await this.#restart();
    return outcomes;
  }

  async #restart(): Promise<void> {
    await this.#subject.end();
    this.#epoch += 1;
    this.#subject = this.#laboratory.take();
    await this.#orBroken(() => this.#subject.load(this.#folder));
  }

  /** What worked at the beginning and fails now is a finding, and no mistake in how the torture was called. */
  async #orBroken<T>(act: () => Promise<T>): Promise<T> {
    try {
      return await act();
    } catch (error) {
      this.#laboratory.conditions.signal.throwIfAborted();
      const message = error instanceof Error ? error.message : String(error);
      this.#troubles.push({ kind: "fails", at: this.#delivered.at(-1)?.seq ?? 0, message });
      throw new Broken(message);
    }
  }
}

function injectionOf(fault: Fault): Injection | null {
  switch (fault.kind) {
    case "crash_inside":
      return { kind: "kill", point: fault.point };
    case "cut_off":
      return { kind: "cut", point: fault.point };
    case "refuse":
      return { kind: "refuse", effect: fault.effect };
    case "crash_after":
      return { kind: "kill_resolved" };
    case "again":
    case "restart":
    case "overtake":
    case "together":
    case "redrive":
      return null;
    default:
      return fault satisfies never;
  }
}
