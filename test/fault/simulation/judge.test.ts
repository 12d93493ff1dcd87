/** Broken lives, one for each promise. A judge that cannot condemn is no evidence. */
import { defaultPolicy } from "@dirsync/consumer";
import { describe, expect, test } from "vitest";
import { canonicalJson } from "../../support/event-log.ts";
import { judge } from "./judge.ts";
import type { SimEvent } from "./log.ts";
import type { Plan } from "./plan.ts";
import type { SimRecord } from "./records.ts";

const policy = { ...defaultPolicy, attemptsMax: 3, concurrency: 2 };
const plan: Plan = {
  seed: 1,
  events: 4,
  directories: 2,
  pageSize: 10,
  pollMs: 1_000,
  drainTimeoutMs: 5_000,
  sinks: [{ name: "app", laneBy: "directory", policy, manner: "plain", filter: null }],
  rates: new Map(),
  lameSink: null,
  isTidied: false,
};

/** Two events of one directory about one person, then two of another. */
const log: readonly SimEvent[] = [1, 2, 3, 4].map((number) => ({
  object: "event",
  id: `e${number}`,
  event: "dsync.user.updated",
  created_at: "2026-01-15T12:00:00.000Z",
  data: { id: number <= 2 ? "ann" : `u${number}`, directory_id: number <= 2 ? "d1" : "d2" },
}));

function begin(id: string, given: { epoch?: number; attempt?: number; seq?: number; at?: number } = {}): SimRecord {
  const { epoch = 1, attempt = 1, seq = Number(id.slice(1)), at = 0 } = given;
  return { op: "begin", sink: "app", id, seq, epoch, attempt, node: epoch, atMs: at, isReplay: false, batch: null };
}

function end(
  id: string,
  result: "ok" | "failed" | "ambiguous" = "ok",
  given: { epoch?: number; attempt?: number } = {},
): SimRecord {
  const { epoch = 1, attempt = 1 } = given;
  const content = canonicalJson(log.find((event) => event.id === id));
  return { op: "end", sink: "app", id, epoch, attempt, node: epoch, result, content };
}

const lease = (epoch: number): SimRecord => ({ op: "lease", node: epoch, epoch });
const whole = (id: string, epoch = 1, attempt = 1): SimRecord[] => [
  begin(id, { epoch, attempt }),
  end(id, "ok", { epoch, attempt }),
];
const commit = (seq: number): SimRecord => ({ op: "commit", sink: "app", seq });
const cursor = (id: string | null, headSeq: number): SimRecord => ({ op: "cursor", cursor: id, headSeq });
const letter = (op: "dead" | "redrive" | "forced" | "discard", id: string): SimRecord => ({ op, sink: "app", id });
const told = (id: string): SimRecord => ({ op: "told", sink: "app", id });
const kill = (node = 1): SimRecord => ({ op: "kill", node });
const exit = (node: number, isClean: boolean, at = 0): SimRecord => ({ op: "exit", node, atMs: at, isClean, why: "" });
const answer = (upTo: number | null, notBeforeMs: number | null = null): SimRecord => ({
  op: "answer",
  node: 1,
  atMs: 0,
  kind: "",
  upTo,
  notBeforeMs,
});
const emitted: readonly SimRecord[] = log.map(({ id }, index) => ({ op: "emit", id, seq: index + 1 }));
const read: readonly SimRecord[] = [...emitted, lease(1), answer(4), cursor("e4", 4)];
const givenUp = (id: string): SimRecord[] => [begin(id), end(id, "failed"), told(id), letter("dead", id)];
const rest: readonly SimRecord[] = ["e2", "e3", "e4"].flatMap((id) => whole(id));

function rulesOf(records: readonly SimRecord[]): readonly string[] {
  return [...new Set(judge({ plan, log, records }).map(({ rule }) => rule))];
}

describe("a life in which everything went well", () => {
  test.each<[string, readonly SimRecord[]]>([
    ["each event arrives once", [...read, ...whole("e1"), ...rest, commit(4)]],
    [
      "directories overtake each other",
      [...read, ...whole("e3"), ...whole("e1"), ...whole("e2"), ...whole("e4"), commit(4)],
    ],
    [
      "what was in flight at a kill comes again",
      [...read, ...whole("e1"), kill(), lease(2), ...whole("e1", 2, 2), ...rest.map((r) => later(r, 2))],
    ],
    [
      "what was cut off comes again",
      [...read, ...whole("e1"), exit(1, false), lease(2), ...whole("e1", 2, 2), ...rest.map((r) => later(r, 2))],
    ],
    ["a lie is believed", [...read, begin("e1"), end("e1", "ambiguous"), ...whole("e1", 1, 2), ...rest]],
    ["an event is given up", [...read, ...givenUp("e1"), ...rest, commit(4)]],
    ["a dead letter is discarded", [...read, ...givenUp("e1"), letter("discard", "e1"), ...rest]],
    [
      "a dead letter is redriven by force",
      [...read, ...givenUp("e1"), ...rest, letter("forced", "e1"), ...whole("e1", 1, 2)],
    ],
  ])("%s", (_name, records) => {
    expect(rulesOf(records)).toEqual([]);
  });
});

describe("a life in which a promise was broken", () => {
  test.each<[rule: string, string, readonly SimRecord[]]>([
    ["I1", "an event never arrives", [...read, ...whole("e1"), ...whole("e2"), ...whole("e3")]],
    ["I1", "an event was never read", [...emitted, lease(1), answer(3), cursor("e3", 3), ...whole("e1"), ...rest]],
    [
      "I1",
      "a redriven dead letter is forgotten",
      [...read, ...givenUp("e2"), ...whole("e1"), ...rest.slice(2), letter("redrive", "e2")],
    ],
    ["I2", "an event comes from nowhere", [...read, begin("e9"), ...whole("e1"), ...rest]],
    ["I2", "an event comes under another number", [...read, begin("e1", { seq: 2 }), end("e1"), ...rest]],
    [
      "I2",
      "an event comes with another content",
      [...read, begin("e1"), { ...end("e1"), content: "{}" } as SimRecord, ...rest],
    ],
    [
      "I2",
      "an event comes before it happened",
      [lease(1), ...whole("e1"), ...emitted, answer(4), cursor("e4", 4), ...rest],
    ],
    ["I2", "a try ends that never began", [...read, end("e1"), ...whole("e1"), ...rest]],
    ["I3", "a mark covers what never arrived", [...read, commit(1), ...whole("e1"), ...rest]],
    ["I4", "a mark goes back", [...read, ...whole("e1"), commit(1), commit(0), ...rest]],
    ["I4", "the journal loses events", [...read, cursor("e3", 3), answer(4), cursor("e4", 4), ...whole("e1"), ...rest]],
    ["I5", "an event comes twice", [...read, ...whole("e1"), ...whole("e1", 1, 2), ...rest]],
    [
      "I5",
      "an event comes twice after an orderly end",
      [...read, ...whole("e1"), exit(1, true), lease(2), ...whole("e1", 2, 2), ...rest.map((r) => later(r, 2))],
    ],
    [
      "I5",
      "more come twice than were in flight",
      [
        ...read,
        ...whole("e1"),
        ...rest,
        kill(),
        lease(2),
        ...["e1", "e3", "e2", "e4"].flatMap((id) => whole(id, 2, 2)),
      ],
    ],
    ["I6", "an event does not wait for its turn", [...read, ...whole("e2"), ...whole("e1"), ...rest.slice(2)]],
    [
      "I6",
      "two of a directory run at once",
      [...read, begin("e1"), begin("e2"), end("e1"), end("e2"), ...rest.slice(2)],
    ],
    [
      "I7",
      "a write of a process that was replaced is taken",
      [...read, { op: "stale write", node: 1, epoch: 1, method: "step" }, ...whole("e1"), ...rest],
    ],
    [
      "I7",
      "a process that was replaced goes on",
      [
        ...read,
        { op: "replaced", node: 1 },
        lease(2),
        begin("e1"),
        begin("e3"),
        begin("e2"),
        ...["e1", "e2", "e3", "e4"].flatMap((id) => whole(id, 2, 2)),
      ],
    ],
    [
      "I8",
      "an event is tried too often",
      [...read, begin("e1", { attempt: 4 }), end("e1", "ok", { attempt: 4 }), ...rest],
    ],
    [
      "I8",
      "an event ends the process too often",
      [
        ...read,
        ...[1, 2, 3, 4].flatMap((epoch) => [
          ...(epoch === 1 ? [] : [lease(epoch)]),
          begin("e1", { epoch }),
          kill(epoch),
        ]),
        lease(5),
        ...whole("e1", 5),
        ...rest.map((r) => later(r, 5)),
      ],
    ],
    ["I9", "an event is given up without a try", [...read, told("e1"), letter("dead", "e1"), ...rest]],
    [
      "I9",
      "an event is given up in silence",
      [...read, begin("e1"), end("e1", "failed"), letter("dead", "e1"), ...rest],
    ],
    ["I10", "a dead letter is tried again unasked", [...read, ...givenUp("e1"), ...rest, ...whole("e1", 1, 2)]],
    [
      "I10",
      "an old state may be brought back",
      [...read, ...givenUp("e1"), ...rest, letter("redrive", "e1"), letter("dead", "e1")],
    ],
    [
      "I15",
      "the service is asked too early",
      [...read, answer(null, 5_000), { op: "request", node: 1, atMs: 4_000 }, ...whole("e1"), ...rest],
    ],
    [
      "I15",
      "the service is asked all the time",
      [
        ...read,
        ...Array.from({ length: 1_000 }, (_, index): SimRecord => ({ op: "request", node: 1, atMs: index })),
        ...whole("e1"),
        ...rest,
      ],
    ],
    ["I16", "half a page has an effect", [...emitted, lease(1), answer(2), cursor("e4", 4), ...whole("e1"), ...rest]],
    [
      "I17",
      "the cursor is not at the head",
      [...emitted, lease(1), answer(4), cursor("e2", 4), ...whole("e1"), ...rest],
    ],
    ["I19", "an epoch is given out twice", [...read, lease(1), ...whole("e1"), ...rest]],
    ["I19", "two hold one file", [...read, { op: "second holder", node: 2 }, ...whole("e1"), ...rest]],
    [
      "I21",
      "a try begins after the signal",
      [...read, { op: "drain", node: 1, atMs: 0 }, begin("e1", { at: 200 }), end("e1"), ...rest],
    ],
    [
      "I21",
      "a process takes too long to end",
      [...read, ...whole("e1"), ...rest, { op: "drain", node: 1, atMs: 0 }, exit(1, false, 8_000)],
    ],
    ["I26", "something hangs", [...read, ...whole("e1"), ...rest, { op: "stuck", what: "app" }]],
  ])("%s: %s", (rule, _name, records) => {
    expect(rulesOf(records)).toContain(rule);
  });
});

/** The same record from a later process. */
function later(record: SimRecord, epoch: number): SimRecord {
  return "epoch" in record && "node" in record ? ({ ...record, epoch, node: epoch } as SimRecord) : record;
}
