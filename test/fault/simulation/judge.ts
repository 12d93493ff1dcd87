/**
 * Judges what happened in a simulated life. It shares nothing with the consumer: what is ordered with what, what counts
 * as finished and who holds the state file it finds out from the records alone.
 *
 * This file knows processes, the service and the state file; `sink-judge.ts` knows what one receiver may see.
 */
import type { SimEvent } from "./log.ts";
import type { Plan } from "./plan.ts";
import type { Answer, Begin, Cursor, Exit, Letter, SimRecord } from "./records.ts";
import { SinkJudge } from "./sink-judge.ts";
import type { Blame } from "./turns.ts";

/** A broken promise. */
export interface Violation {
  readonly rule: string;
  readonly message: string;
  /** Place of the record that showed it. */
  readonly at: number;
}

/** What is judged. */
export interface Case {
  readonly plan: Plan;
  readonly log: readonly SimEvent[];
  readonly records: readonly SimRecord[];
}

/** What a process may take over its time to drain, in milliseconds. */
const drainGraceMs = 2_000;

/** Requests within a minute that bring nothing: one a poll, each repeated three times, and a few empty pages. */
const idleRequestsMax = 60 * (2 + 3) + 100;
const minuteMs = 60_000;

/** Judges a complete life: at its end everything has had the time to arrive. */
export function judge(evidence: Case): readonly Violation[] {
  const court = new Court(evidence);
  for (const record of evidence.records) court.take(record);
  court.conclude();
  return court.violations;
}

interface NodeState {
  /** Null when it was not asked to end, or was stopped after that. */
  drainAtMs: number | null;
  /** The service must not be asked before this. */
  notBeforeMs: number;
  /** Times of requests since the last page that brought something. */
  idleAtMs: number[];
}

class Court {
  readonly violations: Violation[] = [];
  readonly #plan: Plan;
  readonly #log: readonly SimEvent[];
  readonly #sinks: ReadonlyMap<string, SinkJudge>;
  readonly #nodes = new Map<number, NodeState>();
  #index = -1;
  #epoch = 0;
  #visible = 0;
  /** Last place that the service has shown in a page without fault. */
  #shown = 0;
  #headSeq = 0;
  /** Place in the log of the event at the cursor. */
  #cursorPlace = 0;

  constructor({ plan, log }: Case) {
    this.#plan = plan;
    this.#log = log;
    const blame: Blame = (rule, message) => this.#blame(rule, message);
    const judges = plan.sinks.map((sink) => [sink.name, new SinkJudge({ sink, log, blame })] as const);
    this.#sinks = new Map(judges);
  }

  take(record: SimRecord): void {
    this.#index += 1;
    switch (record.op) {
      case "emit":
        this.#visible = record.seq;
        return;
      case "lease":
        if (record.epoch <= this.#epoch) this.#blame("I19", `epoch ${record.epoch} came after ${this.#epoch}`);
        this.#epoch = record.epoch;
        this.#eachSink((sink) => sink.lease(record.epoch));
        return;
      case "begin":
        if (record.seq > this.#visible) this.#blame("I2", `${record.id} was tried before it happened`);
        this.#judgeDrain(record);
        return this.#sinkOf(record.sink)?.begin(record);
      case "end":
        return this.#sinkOf(record.sink)?.end(record);
      case "request":
        return this.#request(record.node, record.atMs);
      case "answer":
        return this.#answer(record);
      case "commit":
        return this.#sinkOf(record.sink)?.commit(record.seq);
      case "cursor":
        return this.#cursor(record);
      case "dead":
      case "redrive":
      case "forced":
      case "discard":
        return this.#letter(record);
      case "kill":
        this.#eachSink((sink) => sink.kill(record.node));
        return;
      case "replaced":
        this.#eachSink((sink) => sink.crash());
        return;
      case "drain":
        this.#node(record.node).drainAtMs = record.atMs;
        return;
      case "exit":
        return this.#exit(record);
      case "stale write":
        return this.#blame("I7", `${record.method} of epoch ${record.epoch} was taken after ${this.#epoch} had begun`);
      case "second holder":
        return this.#blame("I19", "two processes hold one state file");
      case "replay":
        return this.#sinkOf(record.sink)?.replay(record);
      case "effect":
      case "noted":
        return this.#sinkOf(record.sink)?.effect(record);
      case "parked":
        return this.#sinkOf(record.sink)?.parked(record.id);
      case "unparked":
        return this.#sinkOf(record.sink)?.unparked(record.id);
      case "unsure":
        return this.#sinkOf(record.sink)?.unsure(record.id);
      case "told":
        return this.#sinkOf(record.sink)?.told(record.id);
      case "stuck":
        return this.#blame("I26", record.what);
      case "pause":
        this.#node(record.node).drainAtMs = null;
        return;
      case "jump":
      case "resume":
      case "calm":
        return;
      default:
        return record satisfies never;
    }
  }

  conclude(): void {
    this.#eachSink((sink) => sink.conclude());
    if (this.#headSeq !== this.#log.length) {
      this.#blame("I1", `${this.#headSeq} of ${this.#log.length} events were read`);
    }
    if (this.#cursorPlace !== this.#log.length) this.#blame("I17", "the cursor is not at the end of the log");
  }

  #request(node: number, atMs: number): void {
    const state = this.#node(node);
    if (atMs < state.notBeforeMs) {
      this.#blame("I15", `the service was asked ${state.notBeforeMs - atMs} ms before it may be asked again`);
    }
    state.idleAtMs.push(atMs);
    while ((state.idleAtMs[0] ?? atMs) < atMs - minuteMs) state.idleAtMs.shift();
    if (state.idleAtMs.length > idleRequestsMax) {
      this.#blame("I15", `${state.idleAtMs.length} requests in a minute brought nothing`);
      state.idleAtMs = [];
    }
  }

  #answer({ node, upTo, notBeforeMs }: Answer): void {
    const state = this.#node(node);
    if (upTo !== null && upTo > this.#shown) {
      this.#shown = upTo;
      state.idleAtMs = [];
    }
    if (notBeforeMs !== null) state.notBeforeMs = notBeforeMs;
  }

  #cursor({ cursor, headSeq }: Cursor): void {
    if (headSeq < this.#headSeq) this.#blame("I4", `the journal went back from ${this.#headSeq} to ${headSeq}`);
    this.#headSeq = headSeq;
    // It may stand further back, when the service has denied its newest events: reading those again changes nothing.
    const place = cursor === null ? 0 : this.#log.findIndex(({ id }) => id === cursor) + 1;
    if (place > headSeq || (cursor !== null && place === 0)) {
      this.#blame("I17", `the cursor is ${cursor}, and ${headSeq} events are in the journal`);
    }
    this.#cursorPlace = place;
    if (headSeq > this.#shown) {
      this.#blame("I16", `${headSeq} events are in the journal; ${this.#shown} were in whole pages`);
    }
  }

  #letter({ op, sink: name, id }: Letter): void {
    const sink = this.#sinkOf(name);
    if (op === "dead") sink?.dead(id);
    else if (op === "discard") sink?.discard(id);
    else sink?.redrive(id, op === "forced");
  }

  #exit({ node, atMs, isClean }: Exit): void {
    const { drainAtMs } = this.#node(node);
    const late = drainAtMs === null ? 0 : atMs - drainAtMs - this.#plan.drainTimeoutMs;
    if (late > drainGraceMs) this.#blame("I21", `process ${node} ended ${late} ms after its time to drain`);
    if (!isClean) this.#eachSink((sink) => sink.crash());
    this.#eachSink((sink) => sink.exit(node));
  }

  #judgeDrain({ node, atMs, sink }: Begin): void {
    const { drainAtMs } = this.#node(node);
    // What is applied has begun for the consumer when it waits for the state file.
    const isApplied = this.#plan.sinks.some(({ name, manner }) => name === sink && manner === "applies");
    if (drainAtMs === null || isApplied || atMs <= drainAtMs + 100) return;
    this.#blame("I21", `a try began ${atMs - drainAtMs} ms after process ${node} was asked to end`);
  }

  #node(node: number): NodeState {
    const known = this.#nodes.get(node);
    if (known !== undefined) return known;
    const state: NodeState = { drainAtMs: null, notBeforeMs: 0, idleAtMs: [] };
    this.#nodes.set(node, state);
    return state;
  }

  #sinkOf(name: string): SinkJudge | undefined {
    const sink = this.#sinks.get(name);
    if (sink === undefined) this.#blame("I2", `there is no sink ${name}`);
    return sink;
  }

  #eachSink(work: (sink: SinkJudge) => void): void {
    for (const sink of this.#sinks.values()) work(sink);
  }

  #blame(rule: string, message: string): void {
    this.violations.push({ rule, message, at: this.#index });
  }
}
