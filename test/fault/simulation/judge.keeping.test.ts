/** Broken lives of sinks that park, filter, take several events at once, and get some once more. */
import { describe, expect, test } from "vitest";
import { begin, eventOf, recordsOf, sinkOf } from "./case.ts";
import type { SinkPlan } from "./plan.ts";
import type { SimRecord } from "./records.ts";

const within = { directory_id: "d1", organization_id: "o1" };
const ann = { id: "ann", ...within };
const sales = { id: "sales", ...within };

/** Ann twice, the group she joins, her membership, and somebody in another directory. */
const { end, whole, givenUp, read, rulesOf } = recordsOf([
  eventOf(1, "dsync.user.created", ann),
  eventOf(2, "dsync.user.updated", ann),
  eventOf(3, "dsync.group.created", sales),
  eventOf(4, "dsync.group.user_added", { directory_id: "d1", user: ann, group: sales }),
  eventOf(5, "dsync.user.created", { id: "bob", directory_id: "d2", organization_id: "o1" }),
]);

const all = ["e1", "e2", "e3", "e4", "e5"];
const wholes = (ids: readonly string[], given = {}): readonly SimRecord[] => ids.flatMap((id) => whole(id, given));
const of = (
  op: "parked" | "unparked" | "discard" | "redrive" | "forced" | "dead" | "unsure",
  id: string,
): SimRecord => ({
  op,
  sink: "app",
  id,
});
const commit = (seq: number): SimRecord => ({ op: "commit", sink: "app", seq });
const effect = (op: "effect" | "noted", id: string): SimRecord => ({ op, sink: "app", id, epoch: 1 });
const replay = (ids: readonly string[], marked = ids, isForced = true): SimRecord => ({
  op: "replay",
  sink: "app",
  matching: ids,
  marked,
  isForced,
});
const again = { isReplay: true };
const killed: readonly SimRecord[] = [
  { op: "kill", node: 1 },
  { op: "lease", node: 2, epoch: 2 },
];
const second = { epoch: 2, attempt: 2 };

const parking = sinkOf({ policy: { onDeadLetter: "park" } });
const parkingRuns = sinkOf({ policy: { onDeadLetter: "park", runMax: 3 } });
const byUser = sinkOf({ laneBy: "user" });
const byOrganization = sinkOf({ laneBy: "organization" });
const inRuns = sinkOf({ policy: { runMax: 3 } });
const applying = sinkOf({ manner: "applies" });
const ofUsers = sinkOf({ filter: { nameBegins: "dsync.user." } });
const held = [...read, ...givenUp("e1"), of("parked", "e2"), of("parked", "e3"), of("parked", "e4"), ...whole("e5")];
const batch = { batch: 1 };
/** A letter is asked for while what is behind it is under way, and a batch of both fails, in this order. */
const askedForBehind = (ids: readonly string[]): readonly SimRecord[] => [
  ...read,
  ...givenUp("e1"),
  begin("e2"),
  of("forced", "e1"),
  end("e2", "failed"),
  ...ids.map((id) => begin(id, batch)),
  ...ids.map((id) => end(id, "failed")),
];
/** A crash comes before it is on record that both of a batch arrived; the first is given up then, and asked for once more. */
const parkedAfterItArrived: readonly SimRecord[] = [
  ...read,
  begin("e1", batch),
  begin("e2", batch),
  end("e1"),
  end("e2"),
  ...killed,
  begin("e1", second),
  end("e1", "failed", second),
  { op: "told", sink: "app", id: "e1" },
  of("dead", "e1"),
  of("parked", "e2"),
  of("redrive", "e1"),
  of("unparked", "e2"),
  ...whole("e1", { ...second, attempt: 3 }),
];

type Life = readonly [what: string, sink: SinkPlan, records: readonly SimRecord[]];

describe("a life in which everything went well", () => {
  test.each<Life>([
    ["what is behind a dead letter stays parked", parking, [...held, commit(5)]],
    [
      "it comes once the letter is discarded",
      parking,
      [
        ...held,
        of("discard", "e1"),
        of("unparked", "e2"),
        of("unparked", "e3"),
        of("unparked", "e4"),
        ...wholes(["e2", "e3", "e4"]),
      ],
    ],
    ["a user's events do not wait for a group", byUser, [...read, ...wholes(["e3", "e1", "e5", "e2", "e4"])]],
    [
      "a run is taken back by a crash, in order",
      inRuns,
      [...read, ...wholes(["e1", "e2", "e3"]), ...killed, ...wholes(all, second)],
    ],
    [
      "a batch that fails is tried one by one",
      inRuns,
      [
        ...read,
        begin("e1", batch),
        begin("e2", batch),
        end("e1", "ambiguous"),
        end("e2", "ambiguous"),
        ...whole("e1", { attempt: 2 }),
        ...whole("e2", { attempt: 2 }),
        ...wholes(["e3", "e4", "e5"]),
      ],
    ],
    ["what is not wanted never comes", ofUsers, [...read, ...wholes(["e1", "e2", "e5"]), commit(5)]],
    [
      "what a filter fails on comes",
      ofUsers,
      [...read, ...wholes(["e1", "e2"]), of("unsure", "e3"), ...whole("e3"), ...whole("e5")],
    ],
    [
      "what is asked for comes once more",
      sinkOf(),
      [...read, ...wholes(all), commit(5), replay(["e1", "e2"]), ...wholes(["e1", "e2"], again)],
    ],
    [
      "a replay that is unforced has all that came since",
      sinkOf(),
      [...read, ...wholes(all), commit(5), replay(["e1", "e2"], ["e1", "e2"], false), ...wholes(["e1", "e2"], again)],
    ],
    [
      "what is applied comes again once its transaction has failed",
      applying,
      [...read, begin("e1"), end("e1", "failed"), ...killed, ...wholes(all, second)],
    ],
    [
      "a letter that was asked for comes behind what was under way, also when their batch fails",
      inRuns,
      [...askedForBehind(["e2", "e1"]), ...wholes(["e2", "e1", "e3", "e4", "e5"])],
    ],
    [
      "a letter comes once more before what is parked behind it, which had arrived already",
      parkingRuns,
      [...parkedAfterItArrived, ...wholes(["e2", "e3", "e4", "e5"], second)],
    ],
    ["a side effect is had again that is not on record", sinkOf(), [...read, effect("effect", "e1"), ...wholes(all)]],
  ])("%s", (_what, sink, records) => {
    expect(rulesOf(sink, records)).toEqual([]);
  });
});

describe("a life in which a promise was broken", () => {
  test.each<readonly [rule: string, ...Life]>([
    ["I10", "what is parked is tried", parking, [...held, ...wholes(["e2", "e3", "e4"])]],
    ["I10", "what is behind a dead letter goes on", parking, [...read, ...givenUp("e1"), ...wholes(all.slice(1))]],
    ["I10", "something is parked behind nothing", parking, [...read, of("parked", "e1"), ...wholes(all.slice(1))]],
    ["I10", "a sink parks that is to go on", sinkOf(), [...held, ...wholes(["e2", "e3", "e4"])]],
    ["I26", "it stays parked although nobody need decide any more", parking, [...held, of("discard", "e1")]],
    ["I1", "what is parked no more is lost", parking, [...held, of("discard", "e1"), of("unparked", "e2")]],
    [
      "I1",
      "what had arrived, and was parked after a crash, does not come again",
      parkingRuns,
      [...parkedAfterItArrived, ...wholes(["e3", "e4", "e5"], second)],
    ],
    ["I6", "a membership comes before its group", byUser, [...read, ...wholes(["e1", "e2", "e4", "e3", "e5"])]],
    ["I6", "a membership comes before its user", byUser, [...read, ...wholes(["e1", "e3", "e4", "e2", "e5"])]],
    [
      "I6",
      "a membership runs beside an event of its organization",
      byOrganization,
      [...read, ...wholes(["e1", "e2", "e3"]), begin("e4"), begin("e5"), end("e4"), end("e5")],
    ],
    [
      "I6",
      "a crash takes back more than a run",
      sinkOf({ policy: { runMax: 2 } }),
      [...read, ...wholes(["e1", "e2", "e3"]), ...killed, ...wholes(all, second)],
    ],
    [
      "I6",
      "a run is taken back without a crash",
      inRuns,
      [...read, begin("e1"), end("e1", "ambiguous"), ...whole("e2"), ...whole("e1", { attempt: 2 })],
    ],
    [
      "I6",
      "what was in a batch overtakes what failed in it",
      inRuns,
      [...read, begin("e1", batch), begin("e2", batch), end("e1", "failed"), end("e2", "failed"), ...whole("e2")],
    ],
    ["I2", "what is not wanted comes", ofUsers, [...read, ...wholes(all)]],
    ["I2", "what is not wanted is given up", ofUsers, [...read, ...wholes(["e1", "e2", "e5"]), ...givenUp("e3")]],
    [
      "I2",
      "a replay is not called one",
      sinkOf(),
      [...read, ...wholes(all), commit(5), replay(["e5"]), ...whole("e5")],
    ],
    ["I2", "something is called a replay", sinkOf(), [...read, ...wholes(all, again)]],
    ["I2", "too much is replayed", sinkOf(), [...read, ...wholes(all), commit(5), replay(["e5"], ["e4", "e5"])]],
    ["I2", "what was never finished is replayed", sinkOf(), [...read, replay(["e1"]), ...wholes(all)]],
    [
      "I1",
      "a replay leaves something out",
      sinkOf(),
      [...read, ...wholes(all), commit(5), replay(["e4", "e5"], ["e5"])],
    ],
    ["I1", "a replay is forgotten", sinkOf(), [...read, ...wholes(all), commit(5), replay(["e5"])]],
    [
      "I5",
      "a replay comes twice",
      sinkOf(),
      [...read, ...wholes(all), commit(5), replay(["e5"]), ...whole("e5", again), ...whole("e5", again)],
    ],
    [
      "I6",
      "a replay comes in another order",
      sinkOf(),
      [...read, ...wholes(all), commit(5), replay(["e1", "e2"]), ...wholes(["e2", "e1"], again)],
    ],
    [
      "I6",
      "a replay that failed is overtaken",
      sinkOf(),
      [
        ...read,
        ...wholes(["e1", "e2", "e3"]),
        commit(3),
        replay(["e1"]),
        begin("e1", again),
        end("e1", "failed"),
        ...wholes(["e4", "e5"]),
        ...whole("e1", { ...again, attempt: 2 }),
      ],
    ],
    [
      "I6",
      "a letter that was asked for is overtaken by what was behind it in a batch that failed",
      inRuns,
      [...askedForBehind(["e1", "e2"]), ...wholes(["e2", "e1", "e3", "e4", "e5"])],
    ],
    [
      "I10",
      "a replay may bring an old state back",
      sinkOf(),
      [...read, ...wholes(all), commit(5), replay(["e1"], ["e1"], false), ...whole("e1", again)],
    ],
    [
      "I10",
      "a replay brings back a state that is old by now",
      sinkOf(),
      [...read, ...whole("e1"), commit(1), replay(["e1"], ["e1"], false), ...whole("e2"), ...whole("e1", again)],
    ],
    [
      "I5",
      "what was applied comes again after a crash",
      applying,
      [...read, ...whole("e1"), ...killed, ...wholes(all, second)],
    ],
    [
      "I5",
      "a side effect is had twice",
      sinkOf(),
      [...read, effect("effect", "e1"), effect("noted", "e1"), effect("effect", "e1"), ...wholes(all)],
    ],
  ])("%s: %s", (rule, _what, sink, records) => {
    expect(rulesOf(sink, records)).toContain(rule);
  });
});
