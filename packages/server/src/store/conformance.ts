import { describe, expect, test } from "vitest";
import { addDirectory, addOrganization, newGroup, newUser } from "../fixtures/rows.ts";
import type { Data, EventFilter, Store } from "./model.ts";
import { wholeList } from "./windows.ts";

/** What every store promises. `open` returns a fresh, empty store; the suite closes it. */
export function storeConformance(name: string, open: () => Promise<Store>): void {
  const withStore = (work: (store: Store) => Promise<void>) => async () => {
    const store = await open();
    try {
      await work(store);
    } finally {
      await store.close();
    }
  };

  describe(`${name}: writing`, () => {
    test(
      "a write that rejects leaves nothing behind, and the writes around it stay",
      withStore(async (store) => {
        const outcomes = await Promise.allSettled([
          store.write((data) => addOrganization(data, "org_1")),
          store.write(async (data) => {
            await addOrganization(data, "org_2");
            throw new Error("refused");
          }),
          store.write((data) => addOrganization(data, "org_3")),
        ]);
        expect(outcomes.map((outcome) => outcome.status)).toEqual(["fulfilled", "rejected", "fulfilled"]);
        const rows = await store.read((data) => data.organizations.list({}, wholeList(10)));
        expect(rows.map((row) => row.id)).toEqual(["org_1", "org_3"]);
      }),
    );

    test(
      "a write sees the writes that were asked for before it",
      withStore(async (store) => {
        const first = store.write((data) => addOrganization(data, "org_1"));
        const second = store.write((data) => data.organizations.find("org_1"));
        expect((await second)?.id).toBe("org_1");
        await first;
      }),
    );

    test(
      "a database error of one write is its own",
      withStore(async (store) => {
        const outcomes = await Promise.allSettled([
          store.write((data) => addOrganization(data, "org_1")),
          store.write((data) => addOrganization(data, "org_1")),
          store.write((data) => addOrganization(data, "org_2")),
        ]);
        expect(outcomes.map((outcome) => outcome.status)).toEqual(["fulfilled", "rejected", "fulfilled"]);
      }),
    );

    test(
      "a read does not see half of a write",
      withStore(async (store) => {
        const write = store.write(async (data) => {
          await addOrganization(data, "org_1");
          await addOrganization(data, "org_2");
        });
        const counts: number[] = [];
        const reads = Array.from({ length: 5 }, async () => {
          const rows = await store.read((data) => data.organizations.list({}, wholeList(10)));
          counts.push(rows.length);
        });
        await Promise.all([write, ...reads]);
        expect(counts.filter((count) => count === 1)).toEqual([]);
      }),
    );

    test(
      "a closed store refuses, and closing waits for what was asked before",
      withStore(async (store) => {
        const write = store.write((data) => addOrganization(data, "org_1"));
        await store.close();
        await expect(write).resolves.toMatchObject({ id: "org_1" });
        await expect(store.read((data) => data.lastIds())).rejects.toMatchObject({ code: "closed" });
        await expect(store.write((data) => data.lastIds())).rejects.toMatchObject({ code: "closed" });
      }),
    );
  });

  describe(`${name}: the log`, () => {
    const event = (id: string, eventName: string, organizationSeq = 1) => ({
      id,
      name: eventName,
      organization_seq: organizationSeq,
      body: `{"id":"${id}"}`,
    });
    const everything = { above: 0, below: Number.MAX_SAFE_INTEGER, limit: 1_000 };

    test(
      "seq follows the order of commits without a gap, a failed write takes none",
      withStore(async (store) => {
        await Promise.allSettled([
          store.write((data) => data.log.append([event("event_1", "a"), event("event_2", "b")])),
          store.write(async (data) => {
            await data.log.append([event("event_x", "a")]);
            throw new Error("refused");
          }),
          store.write((data) => data.log.append([])),
          store.write((data) => data.log.append([event("event_3", "a")])),
        ]);
        const rows = await store.read((data) => data.log.page({ names: [] }, everything));
        expect(rows.map((row) => [row.seq, row.id])).toEqual([
          [1, "event_1"],
          [2, "event_2"],
          [3, "event_3"],
        ]);
      }),
    );

    test(
      "names and organization filter; a page ends where the limit says",
      withStore(async (store) => {
        const many = Array.from({ length: 120 }, (_, index) =>
          event(`event_${String(index).padStart(3, "0")}`, ["a", "b", "c"][index % 3] ?? "", (index % 2) + 1),
        );
        await store.write((data) => data.log.append(many));
        const read = (filter: EventFilter, limit = 1_000) =>
          store.read(async (data) => (await data.log.page(filter, { ...everything, limit })).map((row) => row.seq));
        expect(await read({ names: ["a", "c"] })).toEqual(
          many.map((_, index) => index + 1).filter((seq) => seq % 3 !== 2),
        );
        expect(await read({ names: ["b"], organizationSeq: 2 }, 3)).toEqual([2, 8, 14]);
        expect(await read({ names: ["nothing"] })).toEqual([]);
      }),
    );

    test(
      "a place is found by id, by time and at the end of an empty log",
      withStore(async (store) => {
        expect(await store.read((data) => data.log.seqBefore("event_0"))).toBe(0);
        expect(await store.read((data) => data.log.oldestId())).toBeNull();
        await store.write((data) => data.log.append([event("event_2", "a"), event("event_4", "a")]));
        const places = await store.read(async (data) => [
          await data.log.seqOf("event_4"),
          await data.log.seqOf("event_3"),
          await data.log.seqBefore("event_1"),
          await data.log.seqBefore("event_3"),
          await data.log.seqBefore("event_5"),
        ]);
        expect(places).toEqual([2, null, 0, 1, 2]);
        expect(await store.read((data) => data.log.oldestId())).toBe("event_2");
      }),
    );
  });

  describe(`${name}: directories`, () => {
    test(
      "one directory reaches no row of another, by id or by seq",
      withStore(async (store) => {
        const [one, other] = await store.write(async (data) => [
          await addDirectory(data, "directory_1"),
          await addDirectory(data, "directory_2"),
        ]);
        const user = await store.write((data) => data.directory(one.seq).users.insert(newUser(one, "a"), ["a@x"]));
        const group = await store.write((data) => data.directory(one.seq).groups.insert(newGroup(one, "g")));
        await store.write(async (data) => {
          const scope = data.directory(other.seq);
          await scope.users.update(user.seq, { idp_id: "stolen" });
          await scope.users.updateContent({ ...user, resource: "stolen" });
          await scope.groups.update(group.seq, { idp_id: "stolen" });
        });
        const seen = await store.read(async (data) => {
          const { users, groups, memberships } = data.directory(other.seq);
          return [
            await users.find(user.id),
            [...(await users.seqsOf([user.id]))],
            await users.idOfUserName("a"),
            await users.lookup("email", "a@x"),
            await users.lookup("id", user.id),
            await users.after(0, 10),
            await users.page(0, 10),
            await groups.find(group.id),
            await groups.ofUser(user.id),
            await groups.page(0, 10),
            await memberships.usersBySeq([user.seq]),
          ];
        });
        expect(seen.flat().filter((found) => found !== undefined)).toEqual([]);
        const kept = await store.read((data) => data.directory(one.seq).users.find(user.id));
        expect(kept).toEqual(user);
      }),
    );

    test(
      "members are counted, found and gone with their user or group",
      withStore(async (store) => {
        const { directory, users, group } = await store.write(async (data) => {
          const added = await addDirectory(data, "directory_1");
          const scope = data.directory(added.seq);
          const rows = [];
          // More than one statement takes.
          for (let index = 0; index < 1_203; index += 1) {
            rows.push(await scope.users.insert(newUser(added, `u${String(index)}`), []));
          }
          return { directory: added, users: rows, group: await scope.groups.insert(newGroup(added, "g")) };
        });
        const seqs = users.map((user) => user.seq);
        const inScope = <T>(work: (data: ReturnType<Data["directory"]>) => Promise<T>) =>
          store.write((data) => work(data.directory(directory.seq)));
        const countOf = async () => (await inScope((scope) => scope.groups.find(group.id)))?.member_count;
        await inScope((scope) => scope.memberships.add(group.seq, seqs));
        expect(await countOf()).toBe(1_203);
        expect(await inScope((scope) => scope.memberships.allSeqs(group.seq))).toEqual(seqs);
        const present = await inScope((scope) => scope.memberships.present(group.seq, [...seqs, 999_999]));
        expect(present.size).toBe(1_203);
        const found = await inScope((scope) => scope.users.seqsOf(users.map((user) => user.id)));
        expect(users.map(({ id }) => found.get(id))).toEqual(seqs);
        await inScope((scope) => scope.memberships.remove(group.seq, seqs.slice(0, 600)));
        const last = users.at(-1);
        if (last === undefined) throw new Error("no users");
        await inScope((scope) => scope.users.remove(last, { emailsFolded: [], at: last.modified_at }));
        expect(await countOf()).toBe(602);
        const asked = seqs.slice(1_200).reverse();
        const rest = await inScope((scope) => scope.memberships.named(asked));
        expect(rest.map((member) => member.id)).toEqual(users.slice(1_200, 1_202).map((user) => user.id));
        await inScope((scope) => scope.groups.remove(group));
        expect(await inScope((scope) => scope.memberships.allSeqs(group.seq))).toEqual([]);
      }),
    );

    test(
      "a deleted object keeps its place in its list, and only there",
      withStore(async (store) => {
        const places = await store.write(async (data) => {
          const directory = await addDirectory(data, "directory_1");
          const { users, groups } = data.directory(directory.seq);
          const user = await users.insert(newUser(directory, "a"), []);
          const group = await groups.insert(newGroup(directory, "g"));
          await users.remove(user, { emailsFolded: [], at: user.modified_at });
          await groups.remove(group);
          const next = await users.insert(newUser(directory, "b"), []);
          const { lists } = data;
          return {
            place: await lists.placeOf("directory_user", user.id),
            wrongList: await lists.placeOf("directory_group", user.id),
            group: await lists.placeOf("directory_group", group.id),
            unknown: await lists.placeOf("directory_user", "directory_user_nobody"),
            isReused: next.seq === user.seq,
          };
        });
        expect(places).toEqual({ place: 1, wrongList: null, group: 1, unknown: null, isReused: false });
      }),
    );

    test(
      "a search for a name takes its characters literally",
      withStore(async (store) => {
        const found = await store.write(async (data) => {
          for (const [index, directoryName] of ["100% Acme", "100 Acme", "a_b", "axb"].entries()) {
            await addDirectory(data, `directory_${String(index)}`, directoryName);
          }
          const search = async (part: string) =>
            (await data.directories.list({ nameContains: part }, wholeList(10))).map((row) => row.name);
          return [await search("100%"), await search("a_b"), await search("acme"), await search("\\")];
        });
        expect(found).toEqual([["100% Acme"], ["a_b"], ["100% Acme", "100 Acme"], []]);
      }),
    );
  });
}
