/**
 * `dirsync backfill` brings in a company that its log says nothing of, while people keep changing, and is killed with
 * SIGKILL again and again. In the end the mirror, and an app that has only seen the events, must have what the service has.
 */
import { createHash } from "node:crypto";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { type DirectoryEvent, DirectorySync } from "@dirsync/sdk";
import { expect, onTestFinished, test } from "vitest";
import { CliProcess } from "../support/cli-process.ts";
import { between, type Random, seededRandom } from "../support/random.ts";
import { requestBy, requests, type ScimAccess } from "../support/scim-request.ts";
import { ScimWriter } from "../support/scim-writer.ts";
import { Served, servedKey } from "../support/served.ts";
import { checkIntegrity } from "../support/state-file.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";
import { isWhole, patienceMs, readScale } from "./scale.ts";
import { StateFile } from "./scans/state-file.ts";
import { canonical, unlike, UpstreamState } from "./scans/upstream-state.ts";
import { makeStaffed } from "./staffed.ts";
import { printTable } from "./table.ts";

const scale = readScale();
const people = isWhole(scale) ? 50_000 : 400;
const kills = isWhole(scale) ? 10 : 3;
/** From a start to its kill: before it has begun to read, up to the middle of it. */
const lifeMs = isWhole(scale) ? { least: 300, most: 9_000 } : { least: 300, most: 2_500 };
const directories = ["north", "south"];

test(
  "a company is brought in whole while it changes, however often backfill is killed",
  {
    timeout: patienceMs(scale) + people * 20,
  },
  async () => {
    const random = seededRandom(scale.seed);
    const folder = temporaryFolder(onTestFinished);
    const staffed = await makeStaffed(join(folder, "server.db"), { apiKey: servedKey, directories, people });
    const served = await Served.start(folder);
    onTestFinished(() => served.kill());
    const connected = staffed.map(({ scimPath, ...rest }) => ({ ...rest, scimUrl: served.url + scimPath }));
    const client = new DirectorySync({ apiKey: served.apiKey, baseUrl: served.url });

    const startedMs = performance.now();
    const churn = new AbortController();
    const writers = connected.map((access, index) => {
      const name = directories[index] ?? "";
      return new ScimWriter({ ...access, name, random, untilUp: () => served.untilUp() });
    });
    const churning = Promise.all([
      ...writers.map((writer) => keepWriting(writer, churn.signal)),
      ...connected.map((access) => keepDismissing(access, access.staff, { random, signal: churn.signal })),
    ]);
    const state = `${folder}/tail.db`;
    const runs: CliProcess[] = [];
    const start = (...args: readonly string[]): CliProcess => {
      const environment = { DIRSYNC_API_KEY: served.apiKey, DIRSYNC_BASE_URL: served.url, DIRSYNC_STATE: state };
      const further = { DIRSYNC_FROM: "now", DIRSYNC_POLL: "100ms", XDG_CACHE_HOME: folder };
      const run = new CliProcess([...args, "--stdout"], { environment: { ...environment, ...further } });
      runs.push(run);
      return run;
    };
    for (let kill = 0; kill < kills; kill += 1) {
      const run = start("backfill");
      await pause(between(random, lifeMs.least, lifeMs.most));
      await run.kill();
    }
    const whole = await start("backfill").exit;
    expect({ code: whole.code, stderr: whole.code === 0 ? "" : whole.stderr }).toEqual({ code: 0, stderr: "" });
    const tookMs = performance.now() - startedMs;
    churn.abort();
    await churning;
    expect((await start("tail", "--once").exit).code).toBe(0);

    const wanted = await factsOf(client);
    const file = new StateFile(state);
    onTestFinished(() => file.close());
    const mirror = withoutDirectories(file.mirror());
    const events = runs.flatMap(({ stdout }) => eventsIn(stdout));
    printTable(`backfill killed (seed ${scale.seed})`, {
      people,
      kills,
      "killed in the middle of a scan": runs.filter(({ stderr }) => stderr.includes("a scan goes on")).length,
      "changes meanwhile": writers.reduce((sum, writer) => sum + writer.events, 0),
      "events delivered": events.length,
      "of them made here": events.filter(({ id }) => id.startsWith("rec_")).length,
      "checksum of the service": checksum(wanted),
      "checksum of the mirror": checksum(mirror),
      "wall, s": (tookMs / 1_000).toFixed(1),
    });
    expect(unlike(mirror, wanted).slice(0, 5)).toEqual([]);
    expect(checksum(mirror)).toBe(checksum(wanted));
    const app = new UpstreamState();
    for (const event of events) app.apply(event);
    expect(unlike(withoutDirectories(tidied(app.facts())), wanted).slice(0, 5)).toEqual([]);
    expect(file.position().isComplete).toBe(true);
    expect(await checkIntegrity(state)).toBe("ok");
    // The control: it was no quiet time.
    expect(wanted.size).toBeGreaterThan(people);
    expect(writers.every((writer) => writer.events > 20)).toBe(true);
  },
);

async function keepWriting(writer: ScimWriter, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    await writer.step();
    await pause(5);
  }
}

/** Changes and removes those who were there before, too: they are what the scan reads. */
async function keepDismissing(
  access: ScimAccess,
  ids: string[],
  { random, signal }: { readonly random: Random; readonly signal: AbortSignal },
): Promise<void> {
  // Some, and not so many that deletions would wait for a person.
  for (let change = 1; !signal.aborted; change += 1) {
    const id = ids[between(random, 0, ids.length - 1)] ?? "";
    const isLeaver = change % 20 === 0;
    if (isLeaver) ids.splice(ids.indexOf(id), 1);
    await requestBy(access, isLeaver ? requests.delete("Users", id) : requests.updateUser(id, `t${change}`));
    await pause(10);
  }
}

/** What the service lists, by key. */
async function factsOf(client: DirectorySync): Promise<Map<string, string>> {
  const facts = new Map<string, string>();
  for await (const { id: directory } of client.directories.list()) {
    for await (const user of client.users.list({ directory, limit: 100 })) facts.set(`user ${user.id}`, tidy(user));
    for await (const group of client.groups.list({ directory, limit: 100 })) {
      facts.set(`group ${group.id}`, tidy(group));
      for await (const { id } of client.users.list({ directory, group: group.id, limit: 100 })) {
        facts.set(`member ${group.id} ${id}`, "");
      }
    }
  }
  return facts;
}

/** Reads also show the groups of a user. */
function tidy(thing: Readonly<Record<string, unknown>>): string {
  const { groups: _groups, ...rest } = thing;
  return canonical(rest);
}

function tidied(facts: ReadonlyMap<string, string>): ReadonlyMap<string, string> {
  return new Map(
    [...facts].map(([key, value]) => {
      return [key, value === "" ? "" : tidy(Object.fromEntries(JSON.parse(value) as [string, unknown][]))];
    }),
  );
}

function withoutDirectories(facts: ReadonlyMap<string, string>): Map<string, string> {
  return new Map([...facts].filter(([key]) => !key.startsWith("directory ")));
}

function eventsIn(stdout: string): readonly DirectoryEvent[] {
  // The last line of a process that was killed may be half of one, which was not delivered then.
  const lines = stdout.split("\n").slice(0, -1);
  return lines.filter((line) => line.startsWith('{"object":"event"')).map((line) => JSON.parse(line) as DirectoryEvent);
}

function checksum(facts: ReadonlyMap<string, string>): string {
  const lines = [...facts].map(([key, value]) => `${key} ${value}`).sort((one, other) => (one < other ? -1 : 1));
  return createHash("sha256").update(lines.join("\n")).digest("hex").slice(0, 16);
}
