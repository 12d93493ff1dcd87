import Database from "better-sqlite3";
import { describe, expect, test } from "vitest";
import { type EventFacts, makeEvent } from "../fixtures/events.ts";
import { append, boundJournal } from "../fixtures/journal-steps.ts";
import { beginScan, listDirectory, listedUser, listPage } from "../fixtures/scan-steps.ts";
import { newStateFile } from "../fixtures/state-file.ts";
import type { Journal } from "../journal/model.ts";

interface Seen {
  readonly directories: readonly unknown[];
  readonly users: readonly unknown[];
  readonly groups: readonly unknown[];
  readonly memberships: readonly unknown[];
}

/** What a client that knows nothing but SQL reads, beside the holder. */
function seenIn(path: string): Seen {
  const database = new Database(path, { readonly: true });
  const ids = (sql: string): readonly unknown[] => database.prepare(sql).pluck().all();
  const seen = {
    directories: ids("SELECT id FROM directories ORDER BY id"),
    users: ids("SELECT id FROM users ORDER BY id"),
    groups: ids("SELECT id FROM groups ORDER BY id"),
    memberships: ids("SELECT group_id || ' ' || user_id FROM memberships ORDER BY 1"),
  };
  database.close();
  return seen;
}

function query(path: string, sql: string): unknown {
  const database = new Database(path, { readonly: true });
  const row = database.prepare(sql).get();
  database.close();
  return row;
}

async function fold(facts: readonly EventFacts[]): Promise<{ path: string; journal: Journal }> {
  const path = newStateFile();
  const journal = await boundJournal(path);
  await append(
    journal,
    facts.map((fact, index) => makeEvent(index + 1, fact)),
  );
  return { path, journal };
}

const named = (name: string, rest: EventFacts = {}): EventFacts => ({ name: `dsync.${name}`, ...rest });

describe("what events say is what the views show", () => {
  test("of a directory, its users, groups and memberships", async () => {
    const { path } = await fold([
      named("activated"),
      named("user.created"),
      named("user.created", { user: "u2" }),
      named("group.created"),
      named("group.user_added"),
      named("group.user_added", { user: "u2" }),
      named("group.user_removed"),
    ]);
    expect(seenIn(path)).toEqual({ directories: ["d1"], users: ["u1", "u2"], groups: ["g1"], memberships: ["g1 u2"] });
  });

  test("with the columns people ask for, and the whole body as it came", async () => {
    const data = {
      id: "u1",
      directory_id: "d1",
      organization_id: "org_1",
      idp_id: "00u1",
      first_name: "Alice",
      last_name: "Ng",
      state: "active",
      role: { slug: "admin" },
      emails: [
        { type: "home", value: "a@home.test" },
        { type: "work", value: "Alice@Acme.test" },
      ],
      later_field: [1],
      created_at: "2026-01-01T00:00:00.000Z",
      updated_at: "2026-01-02T00:00:00.000Z",
    };
    const { path } = await fold([
      named("user.updated", { data: { ...data, previous_attributes: { first_name: "Al" } } }),
    ]);
    const { body, ...columns } = query(path, "SELECT * FROM users WHERE email = 'alice@acme.test'") as {
      body: string;
    };
    expect(columns).toEqual({
      id: "u1",
      directory_id: "d1",
      organization_id: "org_1",
      idp_id: "00u1",
      email: "Alice@Acme.test",
      first_name: "Alice",
      last_name: "Ng",
      state: "active",
      role: "admin",
      created_at: "2026-01-01T00:00:00.000Z",
      updated_at: "2026-01-02T00:00:00.000Z",
      seq: 1,
    });
    expect(JSON.parse(body)).toEqual(data);
  });

  test("of users and groups that only a membership has told of, but not against what their own events say", async () => {
    const { path } = await fold([
      named("group.user_added", { user: "u9", group: "g9" }),
      named("user.deleted", { user: "u8" }),
      named("group.user_added", { user: "u8", group: "g9" }),
      named("group.user_removed", { user: "u7", group: "g9" }),
    ]);
    expect(seenIn(path)).toEqual({ directories: [], users: ["u9"], groups: ["g9"], memberships: ["g9 u9"] });
  });

  test.each([
    ["a name of later days", { name: "dsync.user.merged" }],
    ["a user without an id", named("user.created", { data: { directory_id: "d1" } })],
    ["a user whose id is a number", named("user.created", { data: { id: 7 } })],
    ["a membership without a group", named("group.user_added", { data: { user: { id: "u1" } } })],
  ])("and %s changes nothing", async (_what, facts) => {
    const { path } = await fold([facts]);
    expect(seenIn(path)).toEqual({ directories: [], users: [], groups: [], memberships: [] });
  });
});

describe("an end", () => {
  const company = [
    named("activated"),
    named("user.created"),
    named("user.created", { user: "u2" }),
    named("group.created"),
    named("group.user_added"),
    named("group.user_added", { user: "u2" }),
  ];

  test("of a user takes its memberships, and nothing of it stays but ids", async () => {
    const { path } = await fold([...company, named("user.deleted")]);
    expect(seenIn(path)).toMatchObject({ users: ["u2"], memberships: ["g1 u2"] });
    expect(query(path, "SELECT body, email, id FROM mirror_user WHERE id = 'u1'")).toEqual({
      body: null,
      email: null,
      id: "u1",
    });
  });

  test("of a group takes its memberships and leaves its users", async () => {
    const { path } = await fold([...company, named("group.deleted")]);
    expect(seenIn(path)).toMatchObject({ users: ["u1", "u2"], groups: [], memberships: [] });
  });

  test("of a directory takes everything below it, of which no event tells, and nothing of another", async () => {
    const { path } = await fold([...company, named("user.created", { user: "u3", directory: "d2" }), named("deleted")]);
    expect(seenIn(path)).toEqual({ directories: [], users: ["u3"], groups: [], memberships: [] });
  });

  test("is not undone for what lay below it when the thing returns", async () => {
    const user = [...company, named("user.deleted"), named("user.created")];
    expect(seenIn((await fold(user)).path)).toMatchObject({ users: ["u1", "u2"], memberships: ["g1 u2"] });
    const group = [...company, named("group.deleted"), named("group.created")];
    expect(seenIn((await fold(group)).path)).toMatchObject({ groups: ["g1"], memberships: [] });
    const directory = [...company, named("deleted"), named("activated"), named("user.created", { user: "u2" })];
    expect(seenIn((await fold(directory)).path)).toEqual({
      directories: ["d1"],
      users: ["u2"],
      groups: [],
      memberships: [],
    });
  });

  test("that a scan finds to be over was over before what the log has said since of what lies below", async () => {
    const told = [named("user.deleted"), named("group.user_added")];
    const { path, journal } = await fold([...company, ...told]);
    expect(seenIn(path).memberships).toEqual(["g1 u2"]);
    const scan = await beginScan(journal);
    await listDirectory(journal, scan);
    await listPage(journal, scan, { rows: [listedUser("u1"), listedUser("u2")] });
    expect(seenIn(path)).toMatchObject({ users: ["u1", "u2"], memberships: ["g1 u1", "g1 u2"] });
  });

  test("is not undone by what is told of below it while it lasts", async () => {
    const { path, journal } = await fold([
      ...company,
      named("user.deleted"),
      named("group.user_added"),
      named("deleted"),
      named("user.created", { user: "u5" }),
      named("group.user_added", { user: "u2" }),
    ]);
    expect(seenIn(path)).toEqual({ directories: [], users: [], groups: [], memberships: [] });
    await append(journal, [makeEvent(20, { name: "dsync.activated" })]);
    expect(seenIn(path)).toEqual({ directories: ["d1"], users: [], groups: [], memberships: [] });
  });
});

describe("an event that is found late", () => {
  /** As a sweep hands it over: where it stands. */
  const late = async (journal: Journal, facts: EventFacts, place: number): Promise<void> => {
    const event = makeEvent(900, { ...facts, id: "event_late" });
    const { cursor } = await journal.status();
    const places = new Map([[event.id, place]]);
    await journal.append({ events: [event], places, expectedCursor: cursor, cursor, receivedAtMs: 0 });
  };

  test.each([
    ["does not bring back a user that was deleted after it", named("user.updated"), 1.5, []],
    ["brings a user that came after its deletion", named("user.created"), 2.5, ["u1"]],
  ] as const)("%s", async (_what, facts, place, users) => {
    const { path, journal } = await fold([named("user.created"), named("user.deleted"), named("group.created")]);
    await late(journal, facts, place);
    expect(seenIn(path).users).toEqual(users);
  });

  test("deletes a user, unless it has returned since, and what lay below it then in any case", async () => {
    const log = [
      named("user.created"),
      named("group.user_added", { group: "g1" }),
      named("group.user_added", { group: "g2" }),
    ];
    const gone = await fold(log);
    await late(gone.journal, named("user.deleted"), 3.5);
    expect(seenIn(gone.path)).toMatchObject({ users: [], memberships: [] });
    const returned = await fold([...log.slice(0, 2), named("user.updated"), ...log.slice(2)]);
    await late(returned.journal, named("user.deleted"), 2.5);
    expect(seenIn(returned.path)).toMatchObject({ users: ["u1"], memberships: ["g2 u1"] });
  });

  test("is put where the page it came in shows it to stand", async () => {
    const { path, journal } = await fold([named("user.created"), named("user.deleted"), named("group.created")]);
    const { cursor } = await journal.status();
    const known = [1, 2, 3].map((number) => makeEvent(number));
    const [first, second, third] = known as [(typeof known)[0], (typeof known)[0], (typeof known)[0]];
    const update = makeEvent(900, { id: "event_late" });
    await journal.append({
      events: [first, update, second, third],
      expectedCursor: cursor,
      receivedAtMs: 0,
    });
    expect(seenIn(path).users).toEqual([]);
    expect(query(path, "SELECT seq, place, flags FROM event WHERE id = 'event_late'")).toEqual({
      seq: 4,
      place: 1.5,
      flags: 1,
    });
  });
});
