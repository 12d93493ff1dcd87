/** Hand-made lives, to judge the judge by. */
import { defaultPolicy, type Policy } from "@dirsync/consumer";
import { canonicalJson } from "../../support/event-log.ts";
import { judge } from "./judge.ts";
import type { SimEvent } from "./log.ts";
import type { Plan, SinkPlan } from "./plan.ts";
import type { SimRecord } from "./records.ts";

/** A sink that is called `app`, in lanes of one directory, with three tries, two at a time; and how it is otherwise. */
export function sinkOf(
  given: Partial<Omit<SinkPlan, "policy">> & { readonly policy?: Partial<Policy> } = {},
): SinkPlan {
  const policy = { ...defaultPolicy, attemptsMax: 3, concurrency: 2, ...given.policy };
  return { name: "app", laneBy: "directory", manner: "plain", filter: null, ...given, policy };
}

/** A life with that sink alone. */
function planOf(sink: SinkPlan, events: number): Plan {
  const times = { pollMs: 1_000, drainTimeoutMs: 5_000, pageSize: 10 };
  return {
    seed: 1,
    events,
    directories: 2,
    ...times,
    sinks: [sink],
    rates: new Map(),
    lameSink: null,
    isTidied: false,
  };
}

/** An event of a log; its id is `e` and its place. */
export function eventOf(seq: number, event: string, data: SimEvent["data"]): SimEvent {
  return { object: "event", id: `e${seq}`, event, created_at: "2026-01-15T12:00:00.000Z", data };
}

/** What else there is to say of a try. */
export interface TryFacts {
  readonly epoch?: number;
  readonly attempt?: number;
  readonly seq?: number;
  readonly atMs?: number;
  readonly isReplay?: boolean;
  readonly batch?: number | null;
}

/** A try begins. The epoch is also the number of the process. */
export function begin(id: string, given: TryFacts = {}): SimRecord {
  const { epoch = 1, attempt = 1, seq = Number(id.slice(1)), atMs = 0, isReplay = false, batch = null } = given;
  return { op: "begin", sink: "app", id, seq, epoch, attempt, node: epoch, atMs, isReplay, batch };
}

/** The records of lives with one log. */
export interface Records {
  readonly end: (id: string, result?: "ok" | "failed" | "ambiguous", given?: TryFacts) => SimRecord;
  /** A try from its begin to its effect. */
  readonly whole: (id: string, given?: TryFacts) => readonly SimRecord[];
  /** A try that fails, and after which nobody tries again. */
  readonly givenUp: (id: string) => readonly SimRecord[];
  /** Everything has happened, been read and is in the journal. */
  readonly read: readonly SimRecord[];
  /** The promises that a life has broken. */
  readonly rulesOf: (sink: SinkPlan, records: readonly SimRecord[]) => readonly string[];
}

/** Makes the records of lives with this log. */
export function recordsOf(log: readonly SimEvent[]): Records {
  const end: Records["end"] = (id, result = "ok", { epoch = 1, attempt = 1 } = {}) => {
    const content = canonicalJson(log.find((event) => event.id === id));
    return { op: "end", sink: "app", id, epoch, attempt, node: epoch, result, content };
  };
  const last = log.length;
  return {
    end,
    whole: (id, given = {}) => [begin(id, given), end(id, "ok", given)],
    givenUp: (id) => [begin(id), end(id, "failed"), { op: "told", sink: "app", id }, { op: "dead", sink: "app", id }],
    read: [
      ...log.map(({ id }, index): SimRecord => ({ op: "emit", id, seq: index + 1 })),
      { op: "lease", node: 1, epoch: 1 },
      { op: "answer", node: 1, atMs: 0, kind: "", upTo: last, notBeforeMs: null },
      { op: "cursor", cursor: `e${last}`, headSeq: last },
    ],
    rulesOf: (sink, records) => {
      const violations = judge({ plan: planOf(sink, last), log, records });
      return [...new Set(violations.map(({ rule }) => rule))];
    },
  };
}
