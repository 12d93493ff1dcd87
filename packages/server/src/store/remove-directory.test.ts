import { expect, onTestFinished, test } from "vitest";
import { addDirectory, newGroup, newUser } from "../fixtures/rows.ts";
import { openSqlite } from "./sqlite.ts";
import { createStore } from "./store.ts";
import { wholeList } from "./windows.ts";

test("removing a directory removes all that is in it, however much, and nothing else", async () => {
  const engine = openSqlite(":memory:");
  const store = createStore(engine);
  onTestFinished(() => store.close());
  const rest = await store.write(async (data) => {
    const gone = await addDirectory(data, "directory_1");
    const kept = await addDirectory(data, "directory_2");
    for (const directory of [gone, kept]) {
      const scope = data.directory(directory.seq);
      const group = await scope.groups.insert(newGroup(directory, `g-${directory.id}`));
      // More than go at once, and all with the same address.
      const seqs: number[] = [];
      for (let index = 0; index < 600; index += 1) {
        const user = newUser(directory, `u${String(index)}-${directory.id}`);
        seqs.push((await scope.users.insert(user, ["a@x", `${String(index)}@x`])).seq);
      }
      await scope.memberships.add(group.seq, seqs);
    }
    await data.directories.remove(gone.seq);
    const all = { ...wholeList(2_000), shown: "asc" } as const;
    const members = [1, 2].map((group) => data.directory(kept.seq).memberships.allSeqs(group));
    const users = await data.lists.users({}, all);
    return {
      users: [users.firstId, users.lastId],
      groups: (await data.lists.groups({}, all)).lastId,
      memberships: (await Promise.all(members)).flat().length,
      directories: (await data.directories.list({}, wholeList(10))).map((row) => row.id),
      places: [
        await data.lists.placeOf("directory_user", "directory_user_u0-directory_1"),
        await data.lists.placeOf("directory_user", "directory_user_u599-directory_1"),
      ],
    };
  });
  const emails = engine.connection.db.selectFrom("directory_user_email").select(["directory_seq", "value_folded"]);
  const left = await store.read(() => emails.execute());
  expect(new Set(left.map((row) => row.directory_seq))).toEqual(new Set([2]));
  expect(left).toHaveLength(1_200);
  expect(rest).toEqual({
    users: ["directory_user_u0-directory_2", "directory_user_u599-directory_2"],
    groups: "directory_group_g-directory_2",
    memberships: 600,
    directories: ["directory_2"],
    places: [1, 600],
  });
});
