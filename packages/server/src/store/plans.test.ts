import { sql } from "kysely";
import type { Compilable, Kysely, RawBuilder } from "kysely";
import { afterAll, describe, expect, test } from "vitest";
import { answersUntil } from "./answers.ts";
import { auditPage } from "./audit.ts";
import { directoryList } from "./directories.ts";
import { expiredTokens } from "./directory-tokens.ts";
import { groupByIdpId, groupOrder, groupPage, groupsInOrder } from "./groups.ts";
import { groupList, heldUserList, userList } from "./lists.ts";
import { eventPage } from "./log.ts";
import { begunDeliveries, nextLockout, oldestEvent, untouchedEvents } from "./measures.ts";
import { organizationList } from "./organizations.ts";
import { memberRows, membersAmong, nameRows } from "./memberships.ts";
import type { OrderedPage } from "./model.ts";
import { portalSessionsBefore } from "./portal-sessions.ts";
import type { Related } from "./related.ts";
import { groupsWhere, memberPage, membersWhere, usersMeeting, usersWhere } from "./related-memberships.ts";
import { scimRequestPage } from "./scim-requests.ts";
import { openSqlite } from "./sqlite.ts";
import type { Tables } from "./tables.ts";
import { userOrder, userPage, usersByIds, usersInOrder } from "./users.ts";
import { deliveryPage, finishedAbove, notFinished, prunable } from "./webhook-deliveries.ts";
import { webhookEndpointList } from "./webhook-endpoints.ts";

/*
 * A list query must seek to its first row and read on from there. In SQLite's words: SEARCH, never SCAN, and no sorting
 * of rows it has first collected. Then a page costs the same in a table of a thousand rows and of a million.
 */

const {
  connection: { db },
  close,
} = openSqlite(":memory:");
afterAll(close);

const ascending = { above: 5, below: 900, direction: "asc", limit: 11 } as const;
const descending = { ...ascending, direction: "desc" } as const;
const windowed = (build: (window: typeof ascending | typeof descending) => Compilable) => [
  build(ascending),
  build(descending),
];

const anyStatus = { statusFrom: 100, statusTo: 599 };

const sorted = (build: (page: OrderedPage) => Compilable) =>
  [true, false].map((isDescending) => build({ offset: 100, limit: 10, isDescending }));

const queries: Record<string, readonly Compilable[]> = {
  "all organizations": windowed((window) => organizationList(db, {}, window)),
  "organizations by name": windowed((window) => organizationList(db, { nameContains: "a" }, window)),
  "organizations by domain": windowed((window) => organizationList(db, { domains: ["a.test", "b.test"] }, window)),
  "all directories": windowed((window) => directoryList(db, {}, window)),
  "directories of an organization": windowed((window) => directoryList(db, { organizationSeq: 1 }, window)),
  "directories by name": windowed((window) => directoryList(db, { nameContains: "a" }, window)),
  "directories by domain": windowed((window) => directoryList(db, { domain: "a.test" }, window)),
  "all users": windowed((window) => userList(db, {}, window)),
  "users of a directory": windowed((window) => userList(db, { directorySeq: 1 }, window)),
  "users of a group": windowed((window) => userList(db, { groupSeq: 1 }, window)),
  "users of a group and directory": windowed((window) => userList(db, { groupSeq: 1, directorySeq: 1 }, window)),
  "users by idp_id": windowed((window) => userList(db, { directorySeq: 1, idpId: "a" }, window)),
  "users by e-mail": windowed((window) => userList(db, { directorySeq: 1, emailFolded: "a@x" }, window)),
  "users who are held in a directory": windowed((window) => heldUserList(db, 1, window)),
  "all groups": windowed((window) => groupList(db, {}, window)),
  "groups of a directory": windowed((window) => groupList(db, { directorySeq: 1 }, window)),
  "a group by idp_id": [groupByIdpId(db, { directorySeq: 1, idpId: "a" })],
  "groups of a user": windowed((window) => groupList(db, { userSeq: 1 }, window)),
  "a SCIM page of users": [userPage(db, { directorySeq: 1, offset: 100, limit: 10 })],
  "a SCIM page of groups": [groupPage(db, { directorySeq: 1, offset: 100, limit: 10 })],
  "a SCIM page of the members of a group": [memberPage(db, { directorySeq: 1, groupSeq: 1, offset: 100, limit: 10 })],
  "SCIM users by name": sorted((page) => userOrder(db, { directorySeq: 1, order: "user_name_folded", ...page })),
  "SCIM users by id": sorted((page) => userOrder(db, { directorySeq: 1, order: "seq", ...page })),
  "SCIM groups by name": sorted((page) => groupOrder(db, { directorySeq: 1, order: "display_name_folded", ...page })),
  "SCIM groups by id": sorted((page) => groupOrder(db, { directorySeq: 1, order: "seq", ...page })),
  "all events": [eventPage(db, { names: [] }, ascending)],
  "all events but some": [eventPage(db, { names: [], except: ["a", "b"] }, ascending)],
  "portal links that have ended": [portalSessionsBefore(db, 5)],
  "tokens that have ended": [expiredTokens(db, 5, 10)],
  "events of one name": [eventPage(db, { names: ["a"] }, ascending)],
  "events of some names": [eventPage(db, { names: ["a", "b", "c", "d", "e"] }, ascending)],
  "webhook endpoints": windowed((window) => webhookEndpointList(db, window)),
  "deliveries of an endpoint": windowed((window) => deliveryPage(db, 1, { states: [], window })),
  "deliveries of an endpoint and state": windowed((window) => deliveryPage(db, 1, { states: ["dead"], window })),
  "what an endpoint has still to get": [notFinished(db, 1, { above: 5, limit: 10 })],
  "what an endpoint has got above its cursor": [finishedAbove(db, 1, 5)],
  "deliveries to be forgotten": [prunable(db, 1, { beforeMs: 5, lowSeq: 9, limit: 10 })],
  "answers that have expired": [answersUntil(db, 5)],
  "the oldest event": [oldestEvent(db)],
  "which directory is left without a token next": [nextLockout(db)],
  "how many deliveries of an endpoint have begun": [compilable(begunDeliveries(1))],
  "how many events an endpoint has still to get": [compilable(untouchedEvents('["a", "b"]', 5))],
  "the audit log": windowed((window) => auditPage(db, {}, window)),
  "what was done to one thing": windowed((window) => auditPage(db, { targetId: "a" }, window)),
  "what was done of one kind": windowed((window) => auditPage(db, { action: "a" }, window)),
  "what was done of one kind to one thing": windowed((window) => auditPage(db, { targetId: "a", action: "b" }, window)),
  "SCIM requests": windowed((window) => scimRequestPage(db, anyStatus, window)),
  "SCIM requests of a directory": windowed((window) => scimRequestPage(db, { ...anyStatus, directorySeq: 1 }, window)),
  "events of an organization": [eventPage(db, { names: ["a", "b"], organizationSeq: 1 }, ascending)],
};

describe("a list query seeks and never collects", () => {
  test.each(Object.entries(queries))("%s", async (_name, variants) => {
    for (const query of variants) expect(offences(await planOf(db, query))).toEqual([]);
  });
});

describe("a filter that names members begins at these, and not at all members of the group", () => {
  const named = (column: "id" | "name"): Related => ({ kind: "text", column, operator: "eq", text: "a" });
  const likeThis: Related = { kind: "text", column: "name", operator: "sw", text: "a" };
  test.each<[string, Related]>([
    ["by id", named("id")],
    ["by name", named("name")],
    ["by either", { kind: "or", terms: [named("id"), named("name")] }],
    ["by one and something else", { kind: "and", terms: [likeThis, named("name")] }],
  ])("%s", async (_name, related) => {
    const members = await planOf(db, membersWhere(db, { directorySeq: 1, groupSeq: 1, related }));
    expect(members).toContainEqual(expect.stringMatching(/SEARCH membership .*\(group_seq=\? AND user_seq=\?\)/u));
    const groups = await planOf(db, groupsWhere(db, { directorySeq: 1, related, above: 0, below: 9 }));
    expect(groups).toContainEqual(
      expect.stringMatching(/SEARCH directory_user .*seq=\?|SEARCH directory_user .*id=\?/u),
    );
  });

  test("and the check sees one that looks at each", async () => {
    const members = await planOf(db, membersWhere(db, { directorySeq: 1, groupSeq: 1, related: likeThis }));
    expect(members).toContainEqual(expect.stringMatching(/SEARCH membership .*\(group_seq=\?\)/u));
  });
});

describe("what is named is looked up, however many are named, and the directory is not walked for it", () => {
  const few = Array.from({ length: 3 }, (_none, index) => index);
  const many = Array.from({ length: 500 }, (_none, index) => index);
  const related: Related = { kind: "text", column: "name", operator: "eq", text: "a" };
  test.each<[string, (seqs: readonly number[]) => Compilable]>([
    ["users by their ids", (seqs) => usersByIds(db, 1, seqs.map(String))],
    ["users by where they stand", (seqs) => usersInOrder(db, 1, seqs)],
    ["groups by where they stand", (seqs) => groupsInOrder(db, 1, seqs)],
    ["the names of members", (seqs) => nameRows(db, 1, seqs)],
    ["members for their events", (seqs) => memberRows(db, 1, seqs)],
    ["who of them is in a group", (seqs) => membersAmong(db, 1, seqs)],
    ["who of them meets a condition", (seqs) => usersMeeting(db, { directorySeq: 1, related, userSeqs: seqs })],
    ["who of them is in a group that does", (seqs) => usersWhere(db, { directorySeq: 1, related, userSeqs: seqs })],
  ])("%s", async (_name, build) => {
    for (const seqs of [few, many]) expect((await planOf(db, build(seqs)))[0]).toMatch(named);
  });

  test("and the check sees a directory that is walked", async () => {
    const ids = db.selectFrom("directory_user").select("seq").where("id", "in", many.map(String));
    expect((await planOf(db, ids))[0]).toMatch(named);
    expect((await planOf(db, ids.where("directory_seq", "=", 1)))[0]).not.toMatch(named);
  });
});

/** A plan that begins at an id, at a place, or at both keys of a membership. */
const named = /^SEARCH .*\((?:id|rowid|group_seq=\? AND user_seq)=\?\)$/u;

test("the check sees a scan and a sort", async () => {
  const scan = db.selectFrom("directory_user").select("id").where("modified_at", ">", "2026");
  expect(offences(await planOf(db, scan))).toEqual([expect.stringContaining("SCAN")]);
  const sort = db.selectFrom("directory_user").select("id").where("directory_seq", "=", 1).orderBy("modified_at");
  expect(offences(await planOf(db, sort))).toEqual([expect.stringContaining("TEMP B-TREE")]);
});

function compilable(query: RawBuilder<unknown>): Compilable {
  return { compile: () => query.compile(db) };
}

async function planOf(engine: Kysely<Tables>, query: Compilable): Promise<string[]> {
  const compiled = query.compile();
  const explain = sql.raw<{ detail: string }>(`explain query plan ${inlined(compiled)}`);
  const { rows } = await explain.execute(engine);
  return rows.map((row) => row.detail);
}

/** The query with its parameters written in, because EXPLAIN through `sql.raw` takes none. */
function inlined({ sql: text, parameters }: { sql: string; parameters: readonly unknown[] }): string {
  const rest = [...parameters];
  return text.replaceAll("?", () => {
    const value = rest.shift();
    return typeof value === "number" ? String(value) : `'${String(value)}'`;
  });
}

// A list that came with the query, and rows as a part of the query finds them, which has steps of its own in the plan.
const harmless = /SCAN (?:CONSTANT ROW|wanted VIRTUAL TABLE|found$|\(subquery-\d+\))/u;

function offences(plan: readonly string[]): string[] {
  return plan.filter((step) => /\bSCAN\b|TEMP B-TREE/u.test(step) && !harmless.test(step));
}
