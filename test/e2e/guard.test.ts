/** `dirsync tail --guard`: a burst of people losing access waits for a person, and everything else goes on. */
import type { DirectoryEvent } from "@dirsync/sdk";
import { describe, expect } from "vitest";
import { type Rig, test } from "../support/rig.ts";
import { requestBy, requests } from "../support/scim-request.ts";
import { until } from "../support/until.ts";

const guarded = ["tail", "--once", "--stdout", "--guard", "deletes>2/1h"];

const events = (text: string): readonly DirectoryEvent[] =>
  text
    .split("\n")
    .slice(0, -1)
    .map((line) => JSON.parse(line) as DirectoryEvent);
const deleted = (text: string): readonly string[] =>
  events(text)
    .filter(({ event }) => event === "dsync.user.deleted")
    .map(({ data }) => String(data["id"]));

/** Removes so many users at the provider's side; gives their ids, in order. */
async function remove(rig: Rig, count: number): Promise<readonly string[]> {
  const users = await rig.company.client.users.list({ order: "asc" }).toArray({ max: 20 });
  const ids = users.slice(0, count).map(({ id }) => id);
  for (const id of ids)
    expect(await requestBy(rig.company, requests.delete("Users", id))).toMatchObject({ status: 204 });
  return ids;
}

const heldEvents = ({ stdout }: { readonly stdout: string }): number =>
  (JSON.parse(stdout === "" ? '{"held":[]}' : stdout) as { held: { events: number }[] }).held[0]?.events ?? 0;

describe.concurrent("a guarded tail", () => {
  test("holds the rest of a burst, delivers everything else, and goes on once a person has said so", async ({
    rig,
  }) => {
    const ids = await remove(rig, 4);
    await rig.company.hire(1);
    const first = await rig.run(guarded);
    expect(first.code).toBe(0);
    expect(deleted(first.stdout)).toEqual(ids.slice(0, 2));
    expect(events(first.stdout).at(-1)).toMatchObject({ event: "dsync.user.created" });
    expect(first.stderr).toContain("see: dirsync approve");
    // Held across a restart, too.
    expect(deleted((await rig.run(guarded)).stdout)).toEqual([]);
    const waiting = await rig.run(["approve", "--json"]);
    expect(JSON.parse(waiting.stdout)).toMatchObject({ deletions: [], held: [{ sink: "stdout", events: 2 }] });
    const approved = await rig.run(["approve", "--all"]);
    expect(approved.stdout).toMatch(/^Approved: 2 events of directory_\w+ for stdout\.\n/);
    const second = await rig.run(guarded);
    expect(second.code).toBe(0);
    expect(deleted(second.stdout)).toEqual(ids.slice(2));
    expect(await rig.run(["approve"])).toMatchObject({ code: 0, stdout: "No deletions wait.\n" });
  });

  test("(control) without the guard all of them go", async ({ rig }) => {
    const ids = await remove(rig, 4);
    expect(deleted((await rig.run(["tail", "--once", "--stdout"])).stdout)).toEqual(ids);
  });

  test("counts on after a restart in the middle of a burst, and anew once a person has looked", async ({ rig }) => {
    const before = await remove(rig, 2);
    expect(deleted((await rig.run(guarded)).stdout)).toEqual(before);
    const rest = await remove(rig, 2);
    expect(deleted((await rig.run(guarded)).stdout)).toEqual([]);
    expect((await rig.run(["approve", "--all"])).stdout).toMatch(/^Approved: 2 events/);
    expect(deleted((await rig.run(guarded)).stdout)).toEqual(rest);
    const later = await remove(rig, 1);
    expect(deleted((await rig.run(guarded)).stdout)).toEqual(later);
  });

  test("lets nobody go on by a retry of all that failed, and gives nobody up by a discard, unless one is named", async ({
    rig,
  }) => {
    const [first, second, third] = await remove(rig, 3);
    expect(deleted((await rig.run(guarded)).stdout)).toEqual([first, second]);
    const all = await rig.run(["dead-letters", "retry", "--all", "--force"]);
    expect(all.stdout).toBe(
      "0 dead letters retried.\nLeft as they are: 1 that a guard holds. `dirsync approve` lets them go on, and with --discard gives them up.\n",
    );
    const given = await rig.run(["dead-letters", "discard", "--all", "--json"]);
    expect(JSON.parse(given.stdout)).toEqual({ discarded: 0, refused: 0, held: 1 });
    const counted = await rig.run(["dead-letters", "retry", "--all", "--json"]);
    expect(JSON.parse(counted.stdout)).toEqual({ retried: 0, refused: 0, held: 1 });
    expect(deleted((await rig.run(guarded)).stdout)).toEqual([]);
    const listed = await rig.run(["dead-letters", "list", "--json"]);
    const { event_id: id } = JSON.parse(listed.stdout) as { event_id: string };
    expect((await rig.run(["dead-letters", "retry", id])).stdout).toBe("1 dead letter retried.\n");
    expect(deleted((await rig.run(guarded)).stdout)).toEqual([third]);
  });

  test("never delivers what a person has given up, and goes on without a restart", async ({ rig }) => {
    const [first, second] = await remove(rig, 4);
    const tail = rig.start(guarded.filter((flag) => flag !== "--once"));
    await until(async () => heldEvents(await rig.run(["approve", "--json"])) === 2, {
      what: "the burst",
      check: () => tail.mustRun(),
    });
    expect((await rig.run(["approve", "--discard"])).stdout).toMatch(/^Given up: 2 events/);
    const more = await remove(rig, 1);
    await until(() => deleted(tail.stdout).length > 2, { what: "the next leaver", check: () => tail.mustRun() });
    tail.signal("SIGTERM");
    const { code, stdout } = await tail.exit;
    expect(code).toBe(0);
    expect(deleted(stdout)).toEqual([first, second, ...more]);
  });

  test("does not take access from those by a replay of everything who were to keep it, unless one is named", async ({
    rig,
  }) => {
    const [first, second, third] = await remove(rig, 3);
    await rig.run(guarded);
    expect((await rig.run(["approve", "--discard"])).stdout).toMatch(/^Given up: 1 event/);
    const everything = ["replay", "--sink", "stdout", "--all"];
    const asked = await rig.run(everything);
    expect(asked).toMatchObject({ code: 0 });
    expect(asked.stdout).toMatch(
      /^stdout gets 8 events once more.*\nLeft out: 1 event .*--event brings one by its id\.\n$/s,
    );
    expect(deleted((await rig.run(guarded)).stdout)).toEqual([first, second]);
    const log = await rig.company.log();
    const named = log.find(({ event, data }) => event === "dsync.user.deleted" && data["id"] === third);
    await rig.run(["replay", "--sink", "stdout", "--event", String(named?.id)]);
    expect(deleted((await rig.run(guarded)).stdout)).toEqual([third]);
    // From then on it is an event like any other.
    expect(JSON.parse((await rig.run([...everything, "--dry-run", "--json"])).stdout)).toMatchObject({
      count: 9,
      overtaken: 0,
      left_out: 0,
    });
  });

  test("refuses a rule that is none", async ({ rig }) => {
    const exit = await rig.run(["tail", "--once", "--stdout", "--guard", "10%"]);
    expect(exit).toMatchObject({ code: 2, stdout: "" });
    expect(exit.stderr).toContain("--guard is no rule such as deletes>10%/10m");
  });
});
