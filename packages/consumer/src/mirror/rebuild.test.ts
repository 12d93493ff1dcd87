import { expect, test } from "vitest";
import { holdJournal } from "../fixtures/state-file.ts";
import { type KeptEvent, version3StateFile } from "../fixtures/version-3.ts";
import { openMirror } from "./open.ts";

async function usersAfterUpgrade(events: readonly KeptEvent[]): Promise<readonly string[]> {
  const path = version3StateFile(events);
  await holdJournal(path);
  const mirror = await openMirror(path);
  const ids: string[] = [];
  for await (const { id } of mirror.users()) ids.push(id);
  await expect(mirror.completeSinceSeq()).resolves.toBeNull();
  await mirror.close();
  return ids;
}

const created = (user: string): KeptEvent => ({ name: "dsync.user.created", user });
const deleted = (user: string): KeptEvent => ({ name: "dsync.user.deleted", user });

test("a state file without a mirror gets one from the events it still has, marked as not complete", async () => {
  const many = Array.from({ length: 2_500 }, (_, index) => created(`v${String(index).padStart(4, "0")}`));
  await expect(usersAfterUpgrade([...many, created("u1"), created("u2"), deleted("u1")])).resolves.toEqual([
    "u2",
    ...many.map(({ user }) => user),
  ]);
});

test("in which an event that was found late stands by its time, for its place was not kept", async () => {
  const late = { name: "dsync.user.updated", user: "u1", second: 1, flags: 1 };
  await expect(usersAfterUpgrade([created("u1"), deleted("u1"), late])).resolves.toEqual([]);
  const end = { ...deleted("u1"), second: 1, flags: 1 };
  await expect(usersAfterUpgrade([created("u1"), created("u2"), end])).resolves.toEqual(["u2"]);
});

test("in which those whose data was purged are not, and their end is still known", async () => {
  const purged = [
    { ...created("u1"), flags: 4 },
    { ...deleted("u2"), flags: 4 },
  ];
  const added = { name: "dsync.group.user_added", user: "u2" };
  await expect(usersAfterUpgrade([...purged, added])).resolves.toEqual([]);
});
