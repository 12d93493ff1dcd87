/** Real processes on real files, killed at points that the receiver chooses. */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { buildScript, startChild } from "./fixtures/children.ts";
import { makeLog } from "./fixtures/events.ts";
import { type HistoryRecord, violationsOf } from "./fixtures/history.ts";
import type { Orders } from "./fixtures/mortal-consumer.ts";
import { temporaryFolder } from "./fixtures/state-file.ts";
import { laneBy, laneNameOf } from "./locks.ts";
import { openJournal } from "./journal/open.ts";
import type { DeadLetter } from "./model.ts";
import type { SinkStatus } from "./status.ts";

let script: string;
beforeAll(async () => {
  script = await buildScript("mortal-consumer");
});

interface Story {
  readonly history: readonly HistoryRecord[];
  readonly kills: number;
  readonly sinks: readonly SinkStatus[];
  readonly deadLetters: readonly DeadLetter[];
}

/** Starts the process again and again until it ends by itself. */
async function liveUntilDone(orders: Orders): Promise<Story> {
  const folder = temporaryFolder();
  const [state, seen] = [join(folder, "state.db"), join(folder, "seen")];
  const log = makeLog(1, orders.events, orders.lanes);
  const history: HistoryRecord[] = log.map((event) => ({
    op: "emit",
    id: event.id,
    lane: laneNameOf(laneBy.directory(event), event),
  }));
  let read = 0;
  let kills = 0;
  for (; kills < 100; kills += 1) {
    const child = startChild(script, [state, seen, JSON.stringify({ ...orders, seed: orders.seed + kills })]);
    const { signal } = await child.exited;
    const lines = existsSync(seen) ? readFileSync(seen, "utf8").trimEnd().split("\n") : [];
    for (const line of lines.slice(read)) history.push(recordOf(line));
    read = lines.length;
    if (signal === null) break;
    history.push({ op: "kill" });
  }
  const visitor = await openJournal({ path: state, role: "visitor" });
  const { sinks } = await visitor.status();
  const deadLetters = await visitor.deadLetters();
  await visitor.close();
  return { history, kills, sinks, deadLetters };
}

function recordOf(line: string): HistoryRecord {
  const [word, id = ""] = line.split(" ");
  return word === "try" ? { op: "try", id } : { op: "end", id, result: "ok" };
}

const tries = (history: readonly HistoryRecord[], id: string): number =>
  history.filter((record) => record.op === "try" && record.id === id).length;

describe("a process that is killed while it delivers", () => {
  test("loses nothing, keeps every lane in order, and repeats at most what was in flight", async () => {
    const orders = { events: 120, lanes: 6, attemptsMax: 50, killShare: 0.12, seed: 7 };
    const { history, kills, sinks, deadLetters } = await liveUntilDone(orders);
    expect(violationsOf(history, { ...orders, concurrency: 4 })).toEqual([]);
    expect(sinks).toMatchObject([{ lowSeq: 120, pending: 0, deadLetters: 0 }]);
    expect(deadLetters).toEqual([]);
    expect(kills).toBeGreaterThan(5);
    const repeats = history.filter(({ op }) => op === "end").length - orders.events;
    expect(repeats).toBeLessThanOrEqual(kills * 4);
  }, 60_000);

  test("by one event each time gives that event up when its budget is used up, and delivers the rest", async () => {
    const fatalId = "event_000003";
    const { history, kills, deadLetters, sinks } = await liveUntilDone({
      events: 6,
      lanes: 1,
      attemptsMax: 3,
      fatalId,
      killShare: 0,
      seed: 1,
    });
    expect(kills).toBe(3);
    expect(tries(history, fatalId)).toBe(3);
    expect(deadLetters).toMatchObject([
      { event: { id: fatalId }, attempts: 3, failure: { code: "attempts_exhausted" } },
    ]);
    expect(sinks).toMatchObject([{ lowSeq: 6, delivered: 5, deadLetters: 1 }]);
    const rest = history.flatMap((record) => (record.op === "end" ? [record.id] : []));
    expect(rest).toEqual(["event_000001", "event_000002", "event_000004", "event_000005", "event_000006"]);
  }, 60_000);
});
