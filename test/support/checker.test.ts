/** A checker that cannot fail is no evidence: every rule is shown histories that break it, and nothing else. */
import { describe, expect, test } from "vitest";
import { checkDelivery, type Evidence, type Rule } from "./checker.ts";
import type { LogEvent } from "./event-log.ts";
import type { Begin, End, HistoryRecord } from "./history.ts";

/** Two directories, A and B: seqs 1, 3 and 5 are A's, 2 and 4 are B's. */
const log: readonly LogEvent[] = [1, 2, 3, 4, 5].map((seq) => ({
  id: `event_${seq}`,
  event: "dsync.user.updated",
  data: { directory_id: seq % 2 === 1 ? "A" : "B", id: `user_${seq}` },
}));

interface Told {
  readonly epoch?: number;
  readonly attempt?: number;
  readonly id?: string;
}

const kill: HistoryRecord = { op: "kill" };
const start: HistoryRecord = { op: "start" };
const commit = (seq: number): HistoryRecord => ({ op: "commit", seq });

describe("a sound history has no violation", () => {
  test.each<[string, readonly HistoryRecord[]]>([
    ["one event after the other", [start, ...done(1), ...done(2), ...done(3), ...done(4), ...done(5)]],
    [
      "two lanes at the same time",
      [start, begin(1), begin(2), end(2), begin(4), end(1), begin(3), end(4), end(3), ...done(5)],
    ],
    [
      "a try that failed and was made again",
      [start, begin(1), failed(1), ...done(1, { attempt: 2 }), ...done(2), ...done(3), ...done(4), ...done(5)],
    ],
    [
      "a kill in the middle of a try",
      [start, begin(1), kill, commit(0), start, ...restFrom(1, { epoch: 2, attempt: 2 })],
    ],
    [
      "a kill between the effect and the record of it",
      [start, ...done(1), kill, commit(0), start, ...restFrom(1, { epoch: 2, attempt: 2 })],
    ],
    [
      "a hook that ends after its process was killed, before the next one begins",
      [start, begin(1), kill, end(1), start, ...restFrom(1, { epoch: 2, attempt: 2 })],
    ],
    [
      "a hook that begins after its process was killed",
      [start, kill, begin(1), end(1), start, ...restFrom(1, { epoch: 2, attempt: 2 })],
    ],
    [
      "a hook that begins after the next process was started, and is ended by it",
      [start, kill, start, begin(1), ...restFrom(1, { epoch: 2, attempt: 2 })],
    ],
    [
      "an attempt number that was used up without a try",
      [start, kill, commit(0), start, ...restFrom(1, { epoch: 2, attempt: 2 })],
    ],
    [
      "a dead letter",
      [start, begin(1), failed(1), { op: "dead", id: "event_1" }, ...done(2), ...done(3), ...done(4), ...done(5)],
    ],
    [
      "a process that was killed before it did anything",
      [start, ...done(1), commit(1), kill, start, kill, commit(1), start, ...restFrom(2, { epoch: 3 })],
    ],
  ])("%s", (_name, history) => {
    expect(check(history)).toEqual([]);
  });
});

describe("a broken promise is found, and called by its name", () => {
  test.each<[string, Rule, readonly HistoryRecord[]]>([
    ["an event never arrives", "loss", [start, ...done(1), ...done(2), ...done(3), ...done(4)]],
    ["an event only ever fails", "loss", [start, ...restFrom(1).slice(0, -1), failed(5)]],
    ["an event begins and nothing ends it", "loss", [start, ...restFrom(1).slice(0, -1)]],
    ["an event is made up", "invention", [start, ...restFrom(1), begin(6)]],
    ["an end comes from nowhere", "invention", [start, ...restFrom(1), end(5, { attempt: 2 })]],
    [
      "an event has another's seq",
      "invention",
      [start, begin(2, { id: "event_1" }), end(2, { id: "event_1" }), ...restFrom(2)],
    ],
    [
      "the content was changed on the way",
      "invention",
      [start, begin(1), { ...end(1), event: changed(1) }, ...restFrom(2)],
    ],
    [
      "a field was lost on the way",
      "invention",
      [start, begin(1), { ...end(1), event: { id: "event_1" } }, ...restFrom(2)],
    ],
    [
      "the mark moves before the effect",
      "early commit",
      [start, begin(1), kill, commit(1), start, ...restFrom(1, { epoch: 2, attempt: 2 })],
    ],
    [
      "the mark jumps over an event",
      "early commit",
      [start, ...done(1), kill, commit(2), start, ...restFrom(2, { epoch: 2 })],
    ],
    [
      "the mark goes back",
      "commit went back",
      [start, ...done(1), ...done(2), kill, commit(2), start, kill, commit(1), start, ...restFrom(3, { epoch: 2 })],
    ],
    ["an event comes twice with no kill", "duplicate", [start, ...restFrom(1), ...done(5, { attempt: 2 })]],
    [
      "an event comes twice over a clean restart",
      "duplicate",
      [start, ...restFrom(1), start, ...done(5, { epoch: 2, attempt: 2 })],
    ],
    [
      "an event comes twice after a kill that was before its first time",
      "duplicate",
      [start, kill, start, ...restFrom(1, { epoch: 2 }), ...done(5, { epoch: 2, attempt: 2 })],
    ],
    [
      "more events come twice after one kill than could be in flight",
      "duplicate",
      [start, ...done(1), ...done(2), kill, start, ...again(1), ...again(2), ...restFrom(3, { epoch: 2 })],
    ],
    [
      "an event overtakes another of its lane",
      "order",
      [start, begin(3), failed(3), ...done(1), ...done(2), ...done(3, { attempt: 2 }), ...done(4), ...done(5)],
    ],
    [
      "an event begins after its predecessor failed",
      "order",
      [start, begin(1), failed(1), ...done(3), ...done(1, { attempt: 2 }), ...done(2), ...done(4), ...done(5)],
    ],
    [
      "an event comes again after a later one of its lane",
      "order",
      [
        start,
        ...done(1),
        begin(3),
        kill,
        start,
        ...again(1),
        ...done(2, { epoch: 2 }),
        ...again(3),
        ...restFrom(4, { epoch: 2 }),
      ],
    ],
    [
      "an event begins while another of its lane hangs",
      "overlap",
      [start, begin(1), { op: "dead", id: "event_1" }, ...done(3), ...done(2), ...done(4), ...done(5)],
    ],
    ["a try is made again while it hangs", "overlap", [start, begin(1), ...done(1, { attempt: 2 }), ...restFrom(2)]],
    [
      "the hook of a killed process is still at work when the next process begins",
      "overlap",
      [
        start,
        begin(1),
        kill,
        start,
        begin(1, { epoch: 2, attempt: 2 }),
        end(1),
        end(1, { epoch: 2, attempt: 2 }),
        ...restFrom(2, { epoch: 2 }),
      ],
    ],
    [
      "a process that was replaced begins something",
      "epoch",
      [start, kill, start, ...done(1, { epoch: 2 }), ...done(2), ...restFrom(3, { epoch: 2 })],
    ],
    ["an attempt number comes twice", "attempts", [start, begin(1), kill, start, ...restFrom(1, { epoch: 2 })]],
    [
      "an attempt number goes back",
      "attempts",
      [start, begin(1, { attempt: 2 }), failed(1, { attempt: 2 }), ...restFrom(1)],
    ],
    ["there are too many attempts", "attempts", [start, ...done(1, { attempt: 4 }), ...restFrom(2)]],
  ])("%s: %s", (_name, rule, history) => {
    expect([...new Set(check(history))]).toEqual([rule]);
  });

  test("nothing at all is the loss of everything", () => {
    expect(check([start])).toEqual(["loss", "loss", "loss", "loss", "loss"]);
  });
});

describe("where events are begun in runs, a kill may take a lane back by less than a run", () => {
  const late = [start, ...[1, 2, 3, 4].flatMap((seq) => done(seq)), begin(5), kill, start];

  test.each<[string, readonly Rule[], readonly number[]]>([
    ["by one of two", [], [3, 5]],
    ["by two of two", ["order"], [1, 3, 5]],
  ])("%s", (_name, rules, seqs) => {
    const history = [...late, ...seqs.flatMap((seq) => again(seq))];
    const { violations } = checkDelivery({ ...evidence(history), runMax: 2, duplicatesPerKillMax: 2 });
    expect([...new Set(violations.map(({ rule }) => rule))]).toEqual(rules);
  });
});

test("duplicates are counted by the kill that caused them, and late hooks as such", () => {
  const history = [start, begin(1), kill, end(1), start, ...restFrom(1, { epoch: 2, attempt: 2 })];
  const verdict = checkDelivery(evidence(history));
  expect([...verdict.duplicatesByKill]).toEqual([[1, 1]]);
  expect(verdict).toMatchObject({ tries: 6, orphanEnds: 1 });
});

function check(history: readonly HistoryRecord[]): readonly Rule[] {
  return checkDelivery(evidence(history)).violations.map(({ rule }) => rule);
}

function evidence(history: readonly HistoryRecord[]): Evidence {
  return { log, history, attemptsMax: 3, duplicatesPerKillMax: 1 };
}

function begin(seq: number, { epoch = 1, attempt = 1, id = `event_${seq}` }: Told = {}): Begin {
  return { op: "begin", id, seq, epoch, attempt, pid: 100 + epoch };
}

function end(seq: number, told: Told = {}): End {
  const tried = begin(seq, told);
  return { ...tried, op: "end", result: "ok", event: log.find(({ id }) => id === tried.id) };
}

function failed(seq: number, told: Told = {}): End {
  return { ...begin(seq, told), op: "end", result: "failed" };
}

function done(seq: number, told: Told = {}): readonly HistoryRecord[] {
  return [begin(seq, told), end(seq, told)];
}

/** The second try, by the second process. */
function again(seq: number): readonly HistoryRecord[] {
  return done(seq, { epoch: 2, attempt: 2 });
}

/** Everything from `seq` on; `attempt` counts for the first of them. */
function restFrom(seq: number, { epoch = 1, attempt = 1 }: Told = {}): readonly HistoryRecord[] {
  return log
    .slice(seq - 1)
    .flatMap((_event, index) => done(seq + index, { epoch, attempt: index === 0 ? attempt : 1 }));
}

function changed(seq: number): unknown {
  return { ...log[seq - 1], event: "dsync.user.deleted" };
}
