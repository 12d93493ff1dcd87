/**
 * `dirsync backfill` dies at each point of its scan, by name. The next one goes on, or begins anew, and brings everybody in:
 * what it has written is there once, and the mirror is whole.
 */
import { readFileSync } from "node:fs";
import { type DirectoryEvent, DirectorySync } from "@dirsync/sdk";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Exit, runCli } from "../support/cli-process.ts";
import { seededRandom } from "../support/random.ts";
import { ScimWriter } from "../support/scim-writer.ts";
import { Served } from "../support/served.ts";
import { checkIntegrity, readStateFile } from "../support/state-file.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";
import { patienceMs, readScale, share } from "./scale.ts";
import { crashingAt } from "./sidecar.ts";

const scale = readScale();
const moments = ["inside", "before-commit", "after-commit"];
const all = ["scan-ask", "scan-begin", "scan-take", "scan-conclude"].flatMap((what) =>
  moments.map((when) => `${what}:${when}`),
);
/** A quarter in `npm test`, and the others with other seeds. */
const points = share(all, { of: 4, scale });

const home = temporaryFolder(afterAll);
let served: Served;
let users: readonly string[];

beforeAll(async () => {
  served = await Served.start(home);
  const { scimUrl, token } = await served.connect("north");
  const random = seededRandom(scale.seed);
  const writer = new ScimWriter({ name: "north", scimUrl, token, random, untilUp: () => served.untilUp() });
  while (writer.events < 30) await writer.step();
  const client = new DirectorySync({ apiKey: served.apiKey, baseUrl: served.url });
  users = (await client.users.list().toArray({ max: 1_000 })).map(({ id }) => id);
});

afterAll(() => served.kill());

const options = { timeout: patienceMs(scale) };

test.concurrent.for(points)("%s: the next backfill brings everybody in", options, async (point, { onTestFinished }) => {
  const folder = temporaryFolder(onTestFinished);
  const state = `${folder}/tail.db`;
  const environment = {
    DIRSYNC_API_KEY: served.apiKey,
    DIRSYNC_BASE_URL: served.url,
    DIRSYNC_STATE: state,
    DIRSYNC_FROM: "now",
    XDG_CACHE_HOME: folder,
  };
  const note = `${folder}/crash`;
  const backfill = (more: Readonly<Record<string, string>> = {}): Promise<Exit> =>
    runCli(["backfill", "--stdout"], { environment: { ...environment, ...more } });
  const killed = await backfill(crashingAt(`${point}:1`, note));
  expect({ signal: killed.signal, note: readFileSync(note, "utf8") }).toEqual({
    signal: "SIGKILL",
    note: `${point}\n`,
  });
  const whole = await backfill();
  expect({ code: whole.code, stderr: whole.code === 0 ? "" : whole.stderr }).toEqual({ code: 0, stderr: "" });
  expect(peopleAfter([...toldBy(killed), ...toldBy(whole)])).toEqual(new Set(users));
  // Nothing is made twice. A delivery may come twice: the process ended behind it.
  const made = toldBy(whole).filter(({ event }) => event === "dsync.user.created");
  expect(new Set(made.map(({ data }) => data["id"])).size).toBe(made.length);
  const content = await readStateFile(state);
  expect(content?.status.mirrorCompleteSinceSeq).not.toBeNull();
  expect(await checkIntegrity(state)).toBe("ok");
});

/** What a process has told its sink. */
function toldBy({ stdout }: Exit): readonly DirectoryEvent[] {
  return stdout
    .split("\n")
    .slice(0, -1)
    .map((line) => JSON.parse(line) as DirectoryEvent);
}

/** Who is there for somebody who was told this. A log that is read from now on begins a little before, and not with a scan. */
function peopleAfter(events: readonly DirectoryEvent[]): ReadonlySet<string> {
  const people = new Set<string>();
  for (const { event, data } of events) {
    if (event === "dsync.user.deleted") people.delete(String(data["id"]));
    else if (event.startsWith("dsync.user.")) people.add(String(data["id"]));
  }
  return people;
}
