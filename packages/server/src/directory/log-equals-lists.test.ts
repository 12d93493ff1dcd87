import type { List } from "@dirsync/sdk";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { fold, listed } from "../fixtures/fold.ts";
import type { State } from "../fixtures/fold.ts";
import { connect, readLog, send } from "../fixtures/in-process.ts";
import type { Connected } from "../fixtures/in-process.ts";
import { apiKey } from "../fixtures/running-server.ts";
import { createServer } from "../index.ts";
import type { DirsyncServer } from "../index.ts";
import type { DirectoryMapping } from "./mapping.ts";

/*
 * The promise everything downstream stands on: whoever folds the log from its beginning holds what the list endpoints
 * show, whatever an identity provider does and in whatever order; each update says exactly what it changes, and everybody has the
 * roles of their groups.
 */

type Step =
  | { kind: "create_user"; user: number; active: boolean }
  | { kind: "set_active"; user: number; active: boolean }
  | { kind: "rename_user"; user: number; name: number }
  | { kind: "put_user"; user: number; name: number; active: boolean }
  | { kind: "delete_user"; user: number }
  | { kind: "create_group"; group: number; members: number[] }
  | { kind: "rename_group"; group: number; name: number }
  | { kind: "put_group"; group: number; name: number; members: number[] | null }
  | { kind: "delete_group"; group: number }
  | { kind: "members"; group: number; op: "add" | "remove" | "replace"; members: number[] }
  | { kind: "remove_all"; group: number }
  | { kind: "give_roles"; mode: "single" | "multiple" | null };

// Few of each, so that random steps meet: a user that returns to a group it is in takes four steps about the same user.
const user = fc.nat(2);
const group = fc.nat(1);
const name = fc.nat(2);
const members = fc.array(user, { maxLength: 3 });

const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({ kind: fc.constant("create_user" as const), user, active: fc.boolean() }),
  fc.record({ kind: fc.constant("set_active" as const), user, active: fc.boolean() }),
  fc.record({ kind: fc.constant("rename_user" as const), user, name }),
  fc.record({ kind: fc.constant("put_user" as const), user, name, active: fc.boolean() }),
  fc.record({ kind: fc.constant("delete_user" as const), user }),
  fc.record({ kind: fc.constant("create_group" as const), group, members }),
  fc.record({ kind: fc.constant("rename_group" as const), group, name }),
  fc.record({ kind: fc.constant("put_group" as const), group, name, members: fc.option(members) }),
  fc.record({ kind: fc.constant("delete_group" as const), group }),
  fc.record({
    kind: fc.constant("members" as const),
    group,
    op: fc.constantFrom("add" as const, "remove" as const, "replace" as const),
    members,
  }),
  fc.record({ kind: fc.constant("remove_all" as const), group }),
  fc.record({
    kind: fc.constant("give_roles" as const),
    mode: fc.constantFrom("single" as const, "multiple" as const, null),
  }),
);

/** `npm run test:fault` sets it to 120. */
const numRuns = Number(process.env["DIRSYNC_TEST_SEEDS"] ?? 16);

describe("folding the log gives what the lists show, whatever a provider does", () => {
  test.each([
    { softDelete: true, seed: 20261123 },
    { softDelete: false, seed: 20261124 },
  ])(
    "soft_delete $softDelete",
    async ({ softDelete, seed }) => {
      const property = fc.asyncProperty(
        fc.array(step, { minLength: 10, maxLength: 60, size: "max" }),
        async (steps) => {
          const server = await createServer({ dataFile: ":memory:", apiKey });
          try {
            await compare(server, softDelete, steps);
          } finally {
            await server.close();
          }
        },
      );
      const details = await fc.check(property, { numRuns, seed });
      expect(fc.defaultReportMessage(details) ?? "").toBe("");
    },
    300_000,
  );
});

test("the fold notices a log that leaves something out", async () => {
  const server = await createServer({ dataFile: ":memory:", apiKey });
  const directory = await connect(server, false);
  const play = player(server, directory);
  for (const one of [
    { kind: "create_user", user: 1, active: true },
    { kind: "create_group", group: 1, members: [1] },
    { kind: "set_active", user: 1, active: false },
    { kind: "set_active", user: 1, active: true },
  ] satisfies Step[]) {
    await play(one);
  }
  const events = await readLog(server);
  const lists = await listed((path) => send(server, `GET ${path}`));
  expect(fold(events)).toEqual(lists);
  // Without the memberships announced after a return (docs/adr/0002), the group would look empty for ever.
  expect(fold(events.slice(0, -1))).not.toEqual(lists);
  expect(() => fold(events.slice(2))).toThrow("unknown");
  await server.close();
});

async function compare(server: DirsyncServer, softDelete: boolean, steps: readonly Step[]): Promise<void> {
  const directory = await connect(server, softDelete);
  const play = player(server, directory);
  for (const one of steps) await play(one);
  const events = await readLog(server);
  const state = await listed((path) => send(server, `GET ${path}`));
  expect(fold(events)).toEqual(state);
  const mapping = (await send(server, `GET /directories/${directory.id}/mapping`)) as Pick<
    DirectoryMapping,
    "role_assignment"
  >;
  for (const [id, shown] of Object.entries(state.users))
    expect([id, rolesIn(shown)]).toEqual([id, rolesOf(id, state, mapping)]);
  const [shown] = ((await send(server, "GET /directories")) as List<{ metadata: unknown }>).data;
  const states = Object.values(state.users).map((one) => (one as { state: string }).state);
  expect(shown?.metadata).toEqual({
    users: {
      active: states.filter((one) => one === "active").length,
      inactive: states.filter((one) => one === "inactive").length,
    },
    groups: Object.keys(state.groups).length,
  });
  expect(events.map((event) => event.id)).toEqual(events.map((event) => event.id).sort());
}

function rolesIn(shown: unknown): readonly string[] | null {
  const { roles } = shown as { roles?: readonly { slug: string }[] };
  return roles === undefined ? null : roles.map(({ slug }) => slug);
}

/** The roles that somebody has by the groups that the lists show; null where there are none to have. */
function rolesOf(
  id: string,
  { groups, memberships }: State,
  { role_assignment: roles }: Pick<DirectoryMapping, "role_assignment">,
) {
  if (roles === null) return null;
  const names = Object.entries(groups)
    .filter(([group]) => memberships.includes(`${group} ${id}`))
    .map(([, group]) => (group as { name: string }).name.toLowerCase());
  const mapped = roles.groups.filter(({ group }) => names.includes(group.toLowerCase())).map(({ role }) => role);
  const all = mapped.length > 0 ? [...new Set(mapped)] : roles.default_role === null ? [] : [roles.default_role];
  return roles.mode === "single" ? all.slice(0, 1) : all;
}

/** Keeps the ids of what it has created: users and groups are numbered in the steps. */
function player(server: DirsyncServer, directory: Connected): (step: Step) => Promise<void> {
  const users = new Map<number, string>();
  const groups = new Map<number, string>();
  const idOf = (ids: Map<number, string>, key: number) => ids.get(key) ?? "unknown";
  const refs = (list: readonly number[]) => list.map((key) => ({ value: idOf(users, key) }));
  const scim = async (line: string, body?: unknown) => {
    const [method = "", path = ""] = line.split(" ");
    return await send(server, `${method} ${directory.path}${path}`, { token: directory.token, body });
  };
  const patch = (...Operations: unknown[]) => ({ schemas: [], Operations });
  const userBody = (key: number, given: number, active: boolean) => ({
    userName: `user${String(key)}@x.test`,
    name: { givenName: `Name ${String(given)}` },
    active,
  });
  return async (one) => {
    switch (one.kind) {
      case "create_user":
        return keep(users, one.user, await scim("POST /Users", userBody(one.user, 0, one.active)));
      case "set_active":
        return void (await scim(
          `PATCH /Users/${idOf(users, one.user)}`,
          patch({ op: "replace", path: "active", value: one.active }),
        ));
      case "rename_user":
        return void (await scim(
          `PATCH /Users/${idOf(users, one.user)}`,
          patch({ op: "replace", path: "name.givenName", value: `Name ${String(one.name)}` }),
        ));
      case "put_user":
        return void (await scim(`PUT /Users/${idOf(users, one.user)}`, userBody(one.user, one.name, one.active)));
      case "delete_user":
        return void (await scim(`DELETE /Users/${idOf(users, one.user)}`));
      case "create_group":
        return keep(
          groups,
          one.group,
          await scim("POST /Groups", { displayName: `Group ${String(one.group)}`, members: refs(one.members) }),
        );
      case "rename_group":
        return void (await scim(
          `PATCH /Groups/${idOf(groups, one.group)}`,
          patch({ op: "replace", value: { displayName: `Group ${String(one.group)}-${String(one.name)}` } }),
        ));
      case "put_group": {
        const membersPart = one.members === null ? {} : { members: refs(one.members) };
        return void (await scim(`PUT /Groups/${idOf(groups, one.group)}`, {
          displayName: `Group ${String(one.group)}-${String(one.name)}`,
          ...membersPart,
        }));
      }
      case "delete_group":
        return void (await scim(`DELETE /Groups/${idOf(groups, one.group)}`));
      case "members":
        return void (await scim(
          `PATCH /Groups/${idOf(groups, one.group)}`,
          patch({ op: one.op, path: "members", value: refs(one.members) }),
        ));
      case "remove_all":
        return void (await scim(`PATCH /Groups/${idOf(groups, one.group)}`, patch({ op: "remove", path: "members" })));
      case "give_roles":
        return void (await send(server, `PATCH /directories/${directory.id}/mapping`, { body: mappingTo(one.mode) }));
    }
  };
}

/** Groups lose and get these names while they are renamed. */
function mappingTo(mode: "single" | "multiple" | null): object {
  if (mode === null) return { role_assignment: null };
  const named = [
    { group: "group 0", role: "admin" },
    { group: "Group 1-1", role: "editor" },
    { group: "Group 1", role: "admin" },
  ];
  return { role_assignment: { mode, default_role: mode === "single" ? "member" : null, groups: named } };
}

function keep(ids: Map<number, string>, key: number, body: unknown): void {
  const id: unknown = typeof body === "object" && body !== null ? Reflect.get(body, "id") : undefined;
  if (typeof id === "string") ids.set(key, id);
}
