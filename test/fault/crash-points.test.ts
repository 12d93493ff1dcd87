/**
 * `dirsync tail` dies at each point that matters, by name: before, within and after every kind of transaction, and between
 * asking for a page and having it. Random kills find what takes long; these find what takes a microsecond.
 */
import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { defaultPolicy } from "@dirsync/consumer";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import { checkDelivery } from "../support/checker.ts";
import { runCli } from "../support/cli-process.ts";
import { readLog } from "../support/event-log.ts";
import { explain } from "../support/explanation.ts";
import { between, type Random, seededRandom } from "../support/random.ts";
import { ScimWriter } from "../support/scim-writer.ts";
import { Served } from "../support/served.ts";
import { checkIntegrity, readStateFile, type StateContent } from "../support/state-file.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";
import { until } from "../support/until.ts";
import { patienceMs, readScale, share } from "./scale.ts";
import { crashingAt, Sidecar } from "./sidecar.ts";
import { printTable } from "./table.ts";

const scale = readScale();
const moments = ["inside", "before-commit", "after-commit"];

/** In the order of a first life: what makes the state file comes once in its life. */
const firstPoints = ["migrate", "take-over", "bind"].flatMap((what) => moments.map((when) => `${what}:${when}`));
const laterPoints = [
  ...["append", "begin", "finish", "postpone", "bury", "caught-up"].flatMap((what) =>
    moments.map((when) => `${what}:${when}`),
  ),
  "read:asked",
  "read:answered",
];

/** A life has to begin; of what comes later, a quarter in `npm test`, and another one with another seed. */
const points = [...firstPoints, ...share(laterPoints, { of: 4, scale })];

/** Which time a point is reached, at most: a life is short. */
const nthMax = 3;

/**
 * What was refused at first holds its lane up, so that a busy machine takes a dozen events a second. Where all that lay in the
 * log was stored in one go, the next point comes when it has been delivered: that took 60 seconds and more.
 */
const deliveryMs = 300_000;

/** A service, and those who change something in it. */
interface Company {
  readonly served: Served;
  readonly writers: readonly ScimWriter[];
}

async function openCompany(random: Random, folder: string): Promise<Company> {
  const served = await Served.start(folder);
  const connect = async (name: string): Promise<ScimWriter> => {
    const { scimUrl, token } = await served.connect(name);
    return new ScimWriter({ name, scimUrl, token, random, untilUp: () => served.whenUp() });
  };
  return { served, writers: [await connect("north"), await connect("south")] };
}

test("nothing is lost or out of order, whichever point tail dies at", { timeout: patienceMs(scale) }, async () => {
  const startedMs = performance.now();
  const rounds = Math.max(1, Math.round(scale.kills / 100));
  // At once, each with a log of its own: nearly all of the time they wait for processes to start and for what is to be tried again.
  const lives = await Promise.all(Array.from({ length: rounds }, (_, round) => dieEverywhere(round)));
  expect(lives.map(({ crashes }) => crashes)).toEqual(Array.from({ length: rounds }, () => points.length));
  printTable(`tail dies at a point (seed ${scale.seed})`, {
    points: points.length,
    crashes: points.length * rounds,
    twice: lives.reduce((sum, { twice }) => sum + twice, 0),
    "wall, s": ((performance.now() - startedMs) / 1000).toFixed(1),
  });
});

interface Life {
  readonly crashes: number;
  /** Events that came twice. */
  readonly twice: number;
}

/** One tail dies at every point. */
async function dieEverywhere(round: number): Promise<Life> {
  const random = seededRandom(scale.seed + round);
  const company = await openCompany(random, temporaryFolder(onTestFinished));
  onTestFinished(() => company.served.kill());
  const sidecar = newSidecar(company);
  for (const point of points) {
    const nth = firstPoints.includes(point) ? 1 : between(random, 1, nthMax);
    await crash(sidecar, `${point}:${nth}`, company);
  }
  const verdict = await finish(sidecar, company);
  const twice = [...verdict.duplicatesByKill.values()].reduce((sum, count) => sum + count, 0);
  return { crashes: crashesOf(sidecar).length, twice };
}

// Not in a hook, where nothing more can be asked for at the end.
const home = temporaryFolder(afterAll);
let shared: Company;
beforeAll(async () => {
  shared = await openCompany(seededRandom(scale.seed), home);
});

afterAll(() => shared.served.kill());

test.each<[name: string, kind: string, args: readonly string[], measure: (content: StateContent) => number]>([
  ["retry of a dead letter", "redrive", ["dead-letters", "retry", "--all", "--force"], lettersIn],
  ["discard of a dead letter", "discard", ["dead-letters", "discard", "--all"], lettersIn],
  ["replay", "replay", ["replay", "--sink", "handlers", "--all", "--force"], pendingIn],
])("a %s is asked for or not, and never half", async (_name, kind, args, measure) => {
  const sidecar = newSidecar(shared);
  const measured = async (): Promise<number> => {
    const content = await readStateFile(sidecar.state);
    return content === null ? 0 : measure(content);
  };
  sidecar.start();
  while (lettersIn((await readStateFile(sidecar.state)) ?? noContent) === 0)
    for (const writer of shared.writers) await writer.step();
  expect(await sidecar.stop()).toBe(0);
  const before = await measured();
  const outcomes: Record<string, boolean> = {};
  for (const moment of moments) {
    const note = `${sidecar.crashNote}-${moment}`;
    const environment = { DIRSYNC_STATE: sidecar.state, ...crashingAt(`${kind}:${moment}:1`, note) };
    const { signal } = await runCli(args, { environment });
    expect({ moment, signal, note: readFileSync(note, "utf8") }).toEqual({
      moment,
      signal: "SIGKILL",
      note: `${kind}:${moment}\n`,
    });
    outcomes[moment] = (await measured()) !== before;
  }
  expect(outcomes).toEqual({ inside: false, "before-commit": false, "after-commit": true });
});

const noContent = { deadLetters: [] };

function lettersIn({ deadLetters }: Pick<StateContent, "deadLetters">): number {
  return deadLetters.length;
}

function pendingIn({ status }: StateContent): number {
  return status.sinks.reduce((sum, { pending }) => sum + pending, 0);
}

function newSidecar({ served }: Company): Sidecar {
  const handlersFile = fileURLToPath(new URL("fixtures/moody-handlers.ts", import.meta.url));
  const folder = temporaryFolder(onTestFinished);
  const sidecar = new Sidecar({ folder, access: served, sinks: ["handlers"], handlersFile });
  onTestFinished(() => sidecar.end());
  return sidecar;
}

/** Starts it, and gives it something to do until it has died where it should. */
async function crash(sidecar: Sidecar, point: string, { writers }: Company): Promise<void> {
  const crashesBefore = crashesOf(sidecar).length;
  sidecar.startToCrash(point);
  while (!sidecar.hasEnded) {
    for (const writer of writers) await writer.step();
    const isBehind = (): boolean => !sidecar.hasEnded && sidecar.arrived() < eventCount(writers) - 40;
    await until(() => !isBehind(), { what: `a crash at ${point}`, patienceMs: deliveryMs });
  }
  await sidecar.crashed();
  const [what, when] = point.split(":");
  expect(crashesOf(sidecar).slice(crashesBefore)).toEqual([`${what}:${when}`]);
  expect(sidecar.damages).toEqual([]);
}

function crashesOf({ crashNote }: Sidecar): readonly string[] {
  return existsSync(crashNote) ? readFileSync(crashNote, "utf8").split("\n").slice(0, -1) : [];
}

/** Connecting a directory is an event, too. */
function eventCount(writers: readonly ScimWriter[]): number {
  return writers.reduce((sum, { events }) => sum + events, writers.length);
}

/** Lets it go through to the end of the log, and judges what its receiver has recorded. */
async function finish(sidecar: Sidecar, { served }: Company) {
  const log = await readLog(served);
  sidecar.start();
  // Where nothing was left to do it would be asked to end before it can hear that.
  await sidecar.tails();
  const isFinished = async (): Promise<boolean> => {
    sidecar.check();
    const status = (await readStateFile(sidecar.state))?.status;
    return status?.headSeq === log.length && status.sinks.every(({ pending }) => pending === 0);
  };
  await until(isFinished, { what: "the end of the log", patienceMs: 60_000 });
  expect(await sidecar.stop()).toBe(0);
  expect(await checkIntegrity(sidecar.state)).toBe("ok");
  const history = sidecar.histories.get("handlers")?.read() ?? [];
  const limits = {
    attemptsMax: defaultPolicy.attemptsMax,
    duplicatesPerKillMax: defaultPolicy.concurrency * defaultPolicy.runMax,
  };
  const verdict = checkDelivery({ log, history, ...limits });
  expect(explain(verdict.violations, history)).toBe("");
  return verdict;
}
