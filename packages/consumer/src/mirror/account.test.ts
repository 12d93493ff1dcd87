import { describe, expect, test } from "vitest";
import { type EventFacts, makeEvent } from "../fixtures/events.ts";
import { append, boundJournal, dead, delivered, step } from "../fixtures/journal-steps.ts";
import { newStateFile } from "../fixtures/state-file.ts";
import type { Journal } from "../journal/model.ts";
import type { Account } from "./account.ts";
import { openMirror } from "./open.ts";

const alice = { id: "u1", directory_id: "d1", email: "Alice@acme.test" };

async function fold(facts: readonly EventFacts[]): Promise<{ path: string; journal: Journal }> {
  const path = newStateFile();
  const journal = await boundJournal(path);
  const events = facts.map((fact, index) => makeEvent(index + 1, fact));
  await append(journal, events, 5_000);
  return { path, journal };
}

async function why(path: string, user: string, group?: string): Promise<readonly Account[]> {
  const mirror = await openMirror(path);
  const accounts = await mirror.why(user, group === undefined ? {} : { group });
  await mirror.close();
  return accounts;
}

const seqsOf = (account: Account | undefined): readonly string[] =>
  account?.events.map(({ seq, isDecisive }) => `${seq}${isDecisive ? "*" : ""}`) ?? [];

const story: readonly EventFacts[] = [
  { name: "dsync.activated" },
  { name: "dsync.user.created", data: alice },
  { name: "dsync.user.created", user: "u2" },
  { name: "dsync.group.created", data: { id: "g1", directory_id: "d1", name: "Admins" } },
  { name: "dsync.group.created", group: "g2" },
  { name: "dsync.group.user_added", group: "g1" },
  { name: "dsync.group.user_added", group: "g2" },
  { name: "dsync.user.updated", data: { ...alice, state: "inactive" } },
  { name: "dsync.group.user_added", user: "u2" },
  { name: "dsync.group.user_removed", group: "g1" },
];

describe("why a user is as it is", () => {
  test("names the events that made it so, and those before them, by id and by address", async () => {
    const { path } = await fold(story);
    const [account, ...others] = await why(path, "alice@ACME.test");
    expect(others).toEqual([]);
    expect(account).toMatchObject({
      userId: "u1",
      user: { state: "inactive" },
      memberships: [
        { groupId: "g1", groupName: "Admins", isMember: false },
        { groupId: "g2", groupName: "Group", isMember: true },
      ],
      forgottenUpToSeq: 0,
    });
    expect(seqsOf(account)).toEqual(["1", "2", "6", "7*", "8*", "10*"]);
    await expect(why(path, "u1")).resolves.toEqual([account]);
    await expect(why(path, "nobody@acme.test")).resolves.toEqual([]);
  });

  test.each(["g1", "admins"])("narrowed to the group %s tells of that one only", async (group) => {
    const { path } = await fold(story);
    const [account] = await why(path, "u1", group);
    expect(account?.memberships).toEqual([{ groupId: "g1", groupName: "Admins", isMember: false }]);
    expect(seqsOf(account)).toEqual(["1", "2", "6", "8*", "10*"]);
  });

  test("names what ended it, its group, or its directory", async () => {
    const gone = await fold([...story, { name: "dsync.user.deleted", user: "u1" }]);
    const [account] = await why(gone.path, "alice@acme.test");
    expect(account).toMatchObject({ user: null, memberships: [{ isMember: false }, { isMember: false }] });
    expect(seqsOf(account).at(-1)).toBe("11*");
    const group = await fold([...story, { name: "dsync.group.deleted", group: "g2" }]);
    expect(seqsOf((await why(group.path, "u1"))[0]).at(-1)).toBe("11*");
    const directory = await fold([...story, { name: "dsync.deleted" }]);
    expect(seqsOf((await why(directory.path, "u1"))[0]).at(-1)).toBe("11*");
  });

  test("says where each came from", async () => {
    const { path, journal } = await fold(story);
    const { cursor } = await journal.status();
    const late = makeEvent(99, { user: "u1", second: 3 });
    const made = makeEvent(100, { user: "u1", name: "dsync.user.updated" });
    const places = new Map([[late.id, 3.5]]);
    const rest = { expectedCursor: cursor, cursor, receivedAtMs: 9_000 };
    await journal.append({ events: [late], places, ...rest });
    await journal.append({ events: [made], isMadeHere: true, ...rest });
    const [account] = await why(path, "u1");
    expect(account?.events.map(({ seq, origin }) => `${seq} ${origin}`)).toEqual([
      "1 upstream",
      "2 upstream",
      "11 late",
      "6 upstream",
      "7 upstream",
      "8 upstream",
      "10 upstream",
      "12 scan",
    ]);
    expect(account?.events.at(-1)).toMatchObject({ isDecisive: true, receivedAtMs: 9_000 });
  });

  test("says what every sink made of each", async () => {
    const { path, journal } = await fold(story);
    const wait = {
      seq: 7,
      result: "retry",
      nextAtMs: 9,
      attempts: 1,
      failure: { code: "x", message: "no", verdict: "retry" },
    } as const;
    await journal.addSink("app");
    await journal.addSink("new");
    await step(journal, { started: [1, 2, 6, 7, 8], nowMs: 7 });
    await step(journal, { finished: [delivered(1), dead(2), delivered(6), wait], lowSeq: 2, nowMs: 8 });
    const [account] = await why(path, "u1");
    const answers = account?.events.map(({ seq, answers: all }) => [
      seq,
      ...all.map(({ sink, state }) => `${sink} ${state}`),
    ]);
    expect(answers).toEqual([
      [1, "app finished", "new waiting"],
      [2, "app dead", "new waiting"],
      [6, "app finished", "new waiting"],
      [7, "app retrying", "new waiting"],
      [8, "app trying", "new waiting"],
      [10, "app waiting", "new waiting"],
    ]);
    expect(account?.events[1]?.answers[0]).toMatchObject({ attempts: 1, lastTriedAtMs: 7, failure: { message: "no" } });
  });

  test("says which events are gone", async () => {
    const { path, journal } = await fold(story);
    await journal.addSink("app");
    await step(journal, { finished: Array.from({ length: 10 }, (_, index) => delivered(index + 1)), lowSeq: 10 });
    await journal.prune(10_000, 7);
    const [account] = await why(path, "u1");
    expect(account?.forgottenUpToSeq).toBe(7);
    expect(seqsOf(account)).toEqual(["8*", "10*"]);
  });
});
