import { describe, expect, test } from "vitest";
import { makeEvent } from "../fixtures/events.ts";
import { append, boundJournal } from "../fixtures/journal-steps.ts";
import { newStateFile } from "../fixtures/state-file.ts";
import { version1StateFile } from "../fixtures/version-1.ts";
import { openMirror } from "./open.ts";

async function idsOf(rows: AsyncIterable<{ readonly id: string }>): Promise<string[]> {
  const ids: string[] = [];
  for await (const { id } of rows) ids.push(id);
  return ids;
}

describe("a mirror that is read beside the tail that writes it", () => {
  test("answers to every question, and follows", async () => {
    const path = newStateFile();
    const journal = await boundJournal(path);
    await append(journal, [
      makeEvent(1, { name: "dsync.activated" }),
      makeEvent(2, { name: "dsync.user.created" }),
      makeEvent(3, { name: "dsync.group.user_added" }),
      makeEvent(4, {
        name: "dsync.user.created",
        user: "u2",
        directory: "d2",
        data: { id: "u2", directory_id: "d2", email: "Bo@x.test" },
      }),
    ]);
    const mirror = await openMirror(path);
    await expect(mirror.directory("d1")).resolves.toMatchObject({ id: "d1", name: "Directory" });
    await expect(mirror.user("u1")).resolves.toMatchObject({ id: "u1", state: "active" });
    await expect(mirror.user("u9")).resolves.toBeNull();
    await expect(mirror.group("g1")).resolves.toMatchObject({ name: "Group" });
    await expect(mirror.usersByEmail("bo@X.TEST")).resolves.toMatchObject([{ id: "u2" }]);
    await expect(idsOf(mirror.directories())).resolves.toEqual(["d1"]);
    await expect(idsOf(mirror.users())).resolves.toEqual(["u1", "u2"]);
    await expect(idsOf(mirror.users({ directory: "d2" }))).resolves.toEqual(["u2"]);
    await expect(idsOf(mirror.groups({ directory: "d1" }))).resolves.toEqual(["g1"]);
    await expect(idsOf(mirror.groups())).resolves.toEqual(["g1"]);
    await expect(idsOf(mirror.groupsOf("u1"))).resolves.toEqual(["g1"]);
    await expect(idsOf(mirror.membersOf("g1"))).resolves.toEqual(["u1"]);
    await expect(mirror.isMember("g1", "u1")).resolves.toBe(true);
    await expect(mirror.completeSinceSeq()).resolves.toBeNull();
    await append(journal, [makeEvent(5, { name: "dsync.user.deleted" })]);
    await expect(mirror.user("u1")).resolves.toBeNull();
    await expect(mirror.isMember("g1", "u1")).resolves.toBe(false);
    await mirror.close();
  });

  test("lists more than one page holds, each once and in order", async () => {
    const path = newStateFile();
    const journal = await boundJournal(path);
    const users = Array.from({ length: 1_234 }, (_, index) => `u${String(index).padStart(5, "0")}`);
    await append(
      journal,
      users.map((user, index) => makeEvent(index + 1, { name: "dsync.group.user_added", user })),
    );
    const mirror = await openMirror(path);
    await expect(idsOf(mirror.users())).resolves.toEqual(users);
    await expect(idsOf(mirror.membersOf("g1"))).resolves.toEqual(users);
    await mirror.close();
  });

  test("is refused where there is no file, and where a tail must first upgrade it", async () => {
    await expect(openMirror(newStateFile())).rejects.toMatchObject({ code: "missing" });
    await expect(openMirror(version1StateFile())).rejects.toMatchObject({ code: "older_version" });
  });
});
