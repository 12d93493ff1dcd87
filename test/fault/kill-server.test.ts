/**
 * `dirsync serve` is killed with SIGKILL at random points while writers change users and groups at the same time, readers
 * page through the log and a `dirsync tail` delivers it. An answer is a promise: what was answered is in the log, what is
 * in the log was asked for, and nobody who reads on misses anything.
 */
import { setTimeout as pause } from "node:timers/promises";
import { defaultPolicy } from "@dirsync/consumer";
import { expect, onTestFinished, test } from "vitest";
import { checkDelivery } from "../support/checker.ts";
import { type LogEvent, readList, readLog } from "../support/event-log.ts";
import { eventsOf, keepWriting } from "../support/keep-writing.ts";
import { sorted } from "../support/log-fold.ts";
import { LogReader } from "../support/log-reader.ts";
import { checkLog, type LogEvidence, type LogRule } from "../support/outbox-checker.ts";
import { between, type Random, seededRandom } from "../support/random.ts";
import { ScimWriter } from "../support/scim-writer.ts";
import { Served } from "../support/served.ts";
import { checkIntegrity } from "../support/state-file.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";
import { until } from "../support/until.ts";
import { patienceMs, readScale } from "./scale.ts";
import { Sidecar } from "./sidecar.ts";
import { printTable, spread } from "./table.ts";

const scale = readScale();
const kills = Math.ceil(scale.kills * 0.4);
const directories = ["north", "south"];
const writersPerDirectory = 4;

/** What each life of the service may add: bounds the length of the log, and so of the test. */
const eventsPerLife = 60;

/** About as long as it takes to start, so that some kills come in the middle of opening the data file. */
const startMs = 400;

/** What is answered between the first answer and the kill. */
const eventsMax = 60;
/** No longer, however slow the machine is. */
const workMs = 600;
/** On top, so that a kill does not always follow an answer. */
const jitterMs = 15;

test("what was answered survives every kill, and nothing else does", { timeout: patienceMs(scale) }, async () => {
  const random = seededRandom(scale.seed);
  const folder = temporaryFolder(onTestFinished);
  const served = await Served.start(folder);
  onTestFinished(() => served.kill());
  const sidecar = new Sidecar({ folder, access: served, sinks: ["handlers"] });
  onTestFinished(() => sidecar.end());
  sidecar.start();

  const startedMs = performance.now();
  const writers = await connectWriters(served, random);
  const readers = [7, 100].map((limit) => new LogReader(served, limit));
  const lives = { count: 1 };
  const writing = keepWriting(writers, { eventsPerLife, lives });
  const restartsMs: number[] = [];
  for (let kill = 0; kill < kills; kill += 1) {
    await moment({ served, writers, random });
    await served.kill();
    expect(await checkIntegrity(served.dataFile)).toBe("ok");
    sidecar.check();
    const killedMs = performance.now();
    served.launch();
    void served.whenUp().then(
      () => restartsMs.push(performance.now() - killedMs),
      () => undefined,
    );
    lives.count += 1;
  }
  await writing.stop();

  const log = await readLog(served);
  for (const reader of readers) {
    await until(() => reader.seen.length >= log.length, { what: "a reader to come to the end" });
    await reader.stop();
  }
  const drainMs = performance.now();
  await sidecar.drained(log.length);
  const tailCaughtUpMs = performance.now() - drainMs;
  expect(await sidecar.stop()).toBe(0);

  const evidence: LogEvidence = {
    log,
    writers: new Map(writers.map(({ name, operations }) => [name, operations.flatMap(({ told }) => told)])),
    readers: readers.map(({ seen }) => seen),
    ...(await readLists(served)),
  };
  const delivery = judgeDelivery(log, sidecar);
  const operations = writers.flatMap((writer) => writer.operations);
  const repeated = operations.filter(({ tries }) => tries > 1);
  printTable(`server killed (seed ${scale.seed})`, {
    kills,
    "writers, readers": `${writers.length}, ${readers.length}`,
    "changes answered": operations.length,
    "sent again, as nobody answered": repeated.length,
    "of these, answered 409 or 404": repeated.filter(({ status }) => status === 409 || status === 404).length,
    events: log.length,
    "restart to listening, ms": spread(restartsMs),
    "tail caught up after, ms": Math.round(tailCaughtUpMs),
    "log violations": checkLog(evidence).length,
    "tail's violations": delivery.length,
    "wall, s": ((performance.now() - startedMs) / 1000).toFixed(1),
  });
  expect(checkLog(evidence)).toEqual([]);
  expect(delivery).toEqual([]);
  expect(repeated.length).toBeGreaterThan(0);
  expectToBite(evidence, sidecar);
});

/** The control: the same evidence with one thing wrong in it is not accepted. */
function expectToBite(evidence: LogEvidence, sidecar: Sidecar): void {
  const rules = (log: readonly LogEvent[]): readonly LogRule[] =>
    checkLog({ ...evidence, log }).map(({ rule }) => rule);
  const { log } = evidence;
  // Any of a user, and not a certain kind: a few writers may have had no time for that.
  const place = log.map(({ event }) => event.startsWith("dsync.user.")).lastIndexOf(true);
  const withoutOne = log.filter((_event, index) => index !== place);
  expect(rules(withoutOne)).toEqual(expect.arrayContaining(["change without event", "reader"]));
  expect(judgeDelivery(withoutOne, sidecar)).not.toEqual([]);
  const withOneMore = [...log, ...log.slice(place, place + 1).map((event) => ({ ...event, id: "event_more" }))];
  expect(rules(withOneMore)).toContain("event without change");
  expect(judgeDelivery(withOneMore, sidecar)).toContain("loss");
}

async function connectWriters(served: Served, random: Random): Promise<readonly ScimWriter[]> {
  const writers: ScimWriter[] = [];
  for (const directory of directories) {
    const { scimUrl, token } = await served.connect(directory);
    for (let number = 1; number <= writersPerDirectory; number += 1) {
      const name = `${directory}${number}`;
      writers.push(new ScimWriter({ name, scimUrl, token, random, untilUp: () => served.untilUp() }));
    }
  }
  return writers;
}

interface Scene {
  readonly served: Served;
  readonly writers: readonly ScimWriter[];
  readonly random: Random;
}

/** Resolves at a random moment: while the service starts, or when it has begun to answer writers again. */
async function moment({ served, writers, random }: Scene): Promise<void> {
  if (random() < 0.2) return await pause(between(random, 0, startMs));
  const before = eventsOf(writers);
  await served.whenUp();
  await until(() => eventsOf(writers) > before, { what: "an answer to a writer" });
  const enough = eventsOf(writers) + between(random, 0, eventsMax);
  const deadlineMs = performance.now() + workMs;
  const isTime = (): boolean => eventsOf(writers) >= enough || performance.now() > deadlineMs;
  await until(isTime, { what: "more answers" });
  await pause(between(random, 0, jitterMs));
}

async function readLists(served: Served): Promise<Pick<LogEvidence, "users" | "groups">> {
  const users = await readList(served, "/directory_users");
  return {
    users: users.map((user) => ({ ...user, groups: sorted(user["groups"] as readonly unknown[]) })),
    groups: await readList(served, "/directory_groups"),
  };
}

/** Nothing was killed but the service, so nothing at all may come twice. */
function judgeDelivery(log: readonly LogEvent[], sidecar: Sidecar): readonly string[] {
  const history = sidecar.histories.get("handlers")?.read() ?? [];
  const limits = { attemptsMax: defaultPolicy.attemptsMax, duplicatesPerKillMax: 0 };
  return checkDelivery({ log, history, ...limits }).violations.map(({ rule }) => rule);
}
