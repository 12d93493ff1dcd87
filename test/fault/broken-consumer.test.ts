/** The control of kill-tail.test.ts: consumers that do one thing wrong, under the same harness, do not get through. */
import { setTimeout as pause } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { defaultPolicy } from "@dirsync/consumer";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import { checkDelivery, type Rule } from "../support/checker.ts";
import { type LogEvent, readLog } from "../support/event-log.ts";
import { between, seededRandom } from "../support/random.ts";
import { ScimWriter } from "../support/scim-writer.ts";
import { Served } from "../support/served.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";
import { until } from "../support/until.ts";
import { readScale } from "./scale.ts";
import { Sidecar } from "./sidecar.ts";

const program = fileURLToPath(new URL("fixtures/broken-consumer.mjs", import.meta.url));
const random = seededRandom(readScale().seed);
const changesPerDirectory = 30;
const livesMax = 8;
const latestMs = 3_000;

const folder = temporaryFolder(afterAll);
let served: Served;
let log: readonly LogEvent[];

beforeAll(async () => {
  served = await Served.start(folder);
  for (const name of ["north", "south"]) {
    const { scimUrl, token } = await served.connect(name);
    const writer = new ScimWriter({ name, scimUrl, token, random, untilUp: () => served.whenUp() });
    for (let change = 0; change < changesPerDirectory; change += 1) await writer.step();
  }
  log = await readLog(served);
});

afterAll(() => served.kill());

test("a consumer that does everything right gets through", async () => {
  const sidecar = await survive("honest", 3);
  expect(judge(sidecar)).toEqual([]);
});

test.each<[string, readonly Rule[]]>([
  ["early commit", ["early commit", "loss"]],
  ["no lanes", ["order", "overlap"]],
  ["forgotten attempts", ["attempts"]],
  ["orphans at large", ["overlap"]],
])("%s: the harness notices", async (variant, rules) => {
  let found: readonly Rule[] = [];
  // On a busy machine, a kill may come before a consumer has got round to its mistake.
  for (let life = 0; life < livesMax && !rules.every((rule) => found.includes(rule)); life += 1) {
    const sidecar = await survive(variant, 1);
    // A hook that nobody ended shows only when it ends by itself.
    const deadlineMs = performance.now() + latestMs;
    const isFound = (): boolean => rules.every((rule) => judge(sidecar).includes(rule));
    await until(() => isFound() || performance.now() > deadlineMs, { what: "what this consumer does wrong" });
    found = judge(sidecar);
  }
  expect(found).toEqual(expect.arrayContaining([...rules]));
});

/** Runs a variant through some kills and then to the end of the log. */
async function survive(variant: string, kills: number): Promise<Sidecar> {
  const folder = temporaryFolder(onTestFinished);
  const sidecar = new Sidecar({
    folder,
    access: served,
    sinks: ["handlers"],
    program: { bin: program, args: [variant] },
  });
  onTestFinished(() => sidecar.end());
  for (let kill = 0; kill < kills; kill += 1) {
    sidecar.start();
    await sidecar.delivers();
    await pause(between(random, 20, 80));
    sidecar.check();
    await sidecar.kill();
  }
  sidecar.start("--once");
  expect(await sidecar.exit()).toBe(0);
  return sidecar;
}

function judge(sidecar: Sidecar): readonly Rule[] {
  const history = sidecar.histories.get("handlers")?.read() ?? [];
  const limits = {
    attemptsMax: defaultPolicy.attemptsMax,
    duplicatesPerKillMax: defaultPolicy.concurrency * defaultPolicy.runMax,
  };
  return [...new Set(checkDelivery({ log, history, ...limits }).violations.map(({ rule }) => rule))];
}
