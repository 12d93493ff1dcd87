import { expect, test } from "vitest";
import { makeEvent } from "../fixtures/events.ts";
import { append, boundJournal } from "../fixtures/journal-steps.ts";
import { newStateFile } from "../fixtures/state-file.ts";
import { openMirror } from "./open.ts";

test("a purge takes a person out of the mirror, and out of what others hold as a value of its own", async () => {
  const path = newStateFile();
  const journal = await boundJournal(path);
  const ada = { id: "u1", directory_id: "d1", email: "Ada@acme.test" };
  const bo = { id: "u2", directory_id: "d1", email: "bo@acme.test" };
  const attributes = { manager_email: "ada@ACME.test", note: "ask ada@acme.test", manager_id: "u1" };
  await append(journal, [
    makeEvent(1, { name: "dsync.user.created", data: ada }),
    makeEvent(2, { name: "dsync.user.created", data: { ...bo, custom_attributes: attributes } }),
    makeEvent(3, { name: "dsync.group.user_added" }),
  ]);
  await journal.purge({ userId: "u1" });
  const mirror = await openMirror(path);
  await expect(mirror.user("u1")).resolves.toBeNull();
  await expect(mirror.usersByEmail("ada@acme.test")).resolves.toEqual([]);
  await expect(mirror.isMember("g1", "u1")).resolves.toBe(false);
  const rest = { manager_email: null, note: "ask ada@acme.test", manager_id: null };
  await expect(mirror.user("u2")).resolves.toEqual({ ...bo, custom_attributes: rest });

  await append(journal, [makeEvent(4, { name: "dsync.user.updated", data: ada })]);
  await expect(mirror.user("u1")).resolves.toEqual(ada);
  await mirror.close();
});
