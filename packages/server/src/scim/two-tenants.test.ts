import fc from "fast-check";
import { expect, test } from "vitest";
import { connect, send } from "../fixtures/in-process.ts";
import type { Connected } from "../fixtures/in-process.ts";
import { apiKey, runtimeWith } from "../fixtures/running-server.ts";
import { createServer } from "../index.ts";
import type { DirsyncServer } from "../index.ts";

/*
 * What one directory hears does not depend on whether there is another (reliability S12). Two directories take turns on one
 * server, under the same names, and put each other's ids wherever an id can stand. Then each plays its part again alone, where
 * those ids name nobody. Every answer must be the same, byte for byte, but for the ids, which are numbered as they appear.
 */

type Step = FromArbitrary<typeof step>;
type FromArbitrary<A> = A extends fc.Arbitrary<infer T> ? T : never;

const name = fc.constantFrom("ann", "bob", "cat");
const kinds = [
  "postUser",
  "putUser",
  "patchManager",
  "patchActive",
  "deleteUser",
  "postGroup",
  "putGroup",
  "addMember",
  "removeMember",
  "removeWhere",
  "deleteGroup",
  "read",
  "filterId",
  "filterMember",
  "filterManager",
  "sorted",
  "search",
  "bulk",
  "conditional",
  "events",
] as const;
const step = fc.record({
  who: fc.constantFrom("a" as const, "b" as const),
  kind: fc.constantFrom(...kinds),
  name,
  /** Picks one of the directory's own ids, or of the other's. */
  pick: fc.nat({ max: 5 }),
  isForeign: fc.boolean(),
});

/** A directory that plays: what it made, and everything it heard. */
interface Player {
  readonly directory: Connected;
  readonly organizationId: string;
  readonly ids: { users: string[]; groups: string[]; etags: string[] };
  readonly heard: string[];
}

/** The ids that a player was given of the other directory, in turn. */
type Foreign = string[];

async function playerOf(server: DirsyncServer): Promise<Player> {
  const directory = await connect(server);
  const all = (await send(server, "GET /directories?order=desc&limit=1")) as { data: { organization_id: string }[] };
  const organizationId = all.data[0]?.organization_id ?? "none";
  return { directory, organizationId, ids: { users: [], groups: [], etags: [] }, heard: [] };
}

/** One server on which time stands still, so that times are no difference. */
async function onServer<T>(work: (server: DirsyncServer) => Promise<T>): Promise<T> {
  const server = await createServer({
    dataFile: ":memory:",
    apiKey,
    runtime: runtimeWith({ now: () => 1_790_000_000_000 }),
  });
  try {
    return await work(server);
  } finally {
    await server.close();
  }
}

/** Both take turns. Returns what each heard and which ids of the other each used. */
async function together(steps: readonly Step[]) {
  return await onServer(async (server) => {
    const players = { a: await playerOf(server), b: await playerOf(server) };
    const used: Record<"a" | "b", Foreign> = { a: [], b: [] };
    for (const each of steps) {
      const other = players[each.who === "a" ? "b" : "a"];
      const foreign = (kind: "users" | "groups" | "etags"): string => {
        const id = other.ids[kind][each.pick % Math.max(1, other.ids[kind].length)] ?? "nobody";
        used[each.who].push(id);
        return id;
      };
      await play(server, players[each.who], { step: each, foreign });
    }
    return { a: numbered(players.a.heard), b: numbered(players.b.heard), used };
  });
}

/** One plays its part alone, with the foreign ids it used before. */
async function alone(steps: readonly Step[], who: "a" | "b", used: Foreign): Promise<string> {
  return await onServer(async (server) => {
    // The other directory's place is taken, so that nothing depends on who came first.
    const player = await playerOf(server);
    const rest = [...used];
    for (const each of steps) {
      if (each.who === who) await play(server, player, { step: each, foreign: () => rest.shift() ?? "nobody" });
    }
    return numbered(player.heard);
  });
}

interface Turn {
  readonly step: Step;
  readonly foreign: (kind: "users" | "groups" | "etags") => string;
}

async function play(server: DirsyncServer, player: Player, { step: each, foreign }: Turn): Promise<void> {
  const { ids, directory } = player;
  const pick = (kind: "users" | "groups" | "etags"): string =>
    each.isForeign ? foreign(kind) : (ids[kind][each.pick % Math.max(1, ids[kind].length)] ?? "nobody");
  const ask = async (line: string, body?: unknown, headers: Record<string, string> = {}): Promise<void> => {
    const [method = "", path = ""] = line.split(" ");
    const isApi = path.startsWith("/events") || path.startsWith("/directory_");
    const token = isApi ? apiKey : directory.token;
    const response = await server.fetch(
      new Request(`http://x.test${isApi ? "" : directory.path}${path}`, {
        method,
        headers: { Authorization: `Bearer ${token}`, ...headers },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      }),
    );
    const text = await response.text();
    const { location, etag } = Object.fromEntries(response.headers) as { location?: string; etag?: string };
    player.heard.push(`${each.kind} ${String(response.status)} ${location ?? ""} ${etag ?? ""} ${text}`);
    if (method === "POST" && response.status === 201) {
      const { id } = JSON.parse(text) as { id: string };
      (path === "/Users" ? ids.users : ids.groups).push(id);
    }
    if (etag !== undefined) ids.etags.push(etag);
  };
  const patch = (...Operations: object[]) => ({ Operations });
  const enterprise = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";
  const user = { userName: `${each.name}@x.test`, displayName: each.name, externalId: each.name };
  switch (each.kind) {
    case "postUser":
      return await ask("POST /Users", {
        ...user,
        id: foreign("users"),
        [enterprise]: { manager: { value: pick("users") } },
      });
    case "putUser":
      return await ask(`PUT /Users/${pick("users")}`, { ...user, groups: [{ value: foreign("groups") }] });
    case "patchManager":
      return await ask(
        `PATCH /Users/${pick("users")}`,
        patch({ op: "add", path: `${enterprise}:manager`, value: foreign("users") }),
      );
    case "patchActive":
      return await ask(
        `PATCH /Users/${pick("users")}`,
        patch({ op: "replace", path: "active", value: each.pick % 2 === 0 }),
      );
    case "deleteUser":
      return await ask(`DELETE /Users/${pick("users")}`);
    case "postGroup": {
      const members = [{ value: pick("users") }, { value: foreign("users") }, { value: foreign("groups") }];
      return await ask("POST /Groups", { displayName: each.name, externalId: each.name, members });
    }
    case "putGroup":
      return await ask(`PUT /Groups/${pick("groups")}`, {
        displayName: each.name,
        members: [{ value: pick("users") }],
      });
    case "addMember":
      return await ask(
        `PATCH /Groups/${pick("groups")}`,
        patch({ op: "add", path: "members", value: [{ value: foreign("users") }, { value: ids.users[0] ?? "none" }] }),
      );
    case "removeMember":
      return await ask(
        `PATCH /Groups/${pick("groups")}?attributes=members`,
        patch({ op: "remove", path: "members", value: [{ value: pick("users") }] }),
      );
    case "removeWhere":
      return await ask(
        `PATCH /Groups/${pick("groups")}`,
        patch({ op: "remove", path: `members[value eq "${foreign("users")}" or display eq "${each.name}"]` }),
      );
    case "deleteGroup":
      return await ask(`DELETE /Groups/${pick("groups")}`);
    case "read":
      await ask(`GET /Users/${pick("users")}`);
      return await ask(`GET /Groups/${pick("groups")}`);
    case "filterId":
      await ask(`GET /Users?filter=id+eq+"${pick("users")}"+or+externalId+eq+"${each.name}"`);
      return await ask(`GET /Groups?filter=id+eq+"${foreign("users")}"`);
    case "filterMember":
      return await ask(`GET /Groups?filter=members.value+eq+"${pick("users")}"`);
    case "filterManager":
      return await ask(`GET /Users?filter=${enterprise}:manager.value+eq+"${foreign("users")}"`);
    case "sorted":
      await ask(`GET /Users?sortBy=displayName&sortOrder=descending&count=2&startIndex=${String(each.pick)}`);
      // Only of its own: an id of another stands for a place among one's own ids, and those are new each time.
      await ask(`GET /Users?cursor=${ids.users[each.pick] ?? ""}&count=2`);
      return await ask("GET /Groups?sortBy=displayName");
    case "search":
      return await ask("POST /.search", {
        filter: `displayName sw "${each.name}"`,
        sortBy: "meta.lastModified",
        count: each.pick,
      });
    case "bulk":
      return await ask("POST /Bulk", {
        Operations: [
          { method: "DELETE", path: `/Users/${foreign("users")}` },
          {
            method: "PATCH",
            path: `/Groups/${pick("groups")}`,
            data: patch({ op: "add", path: "members", value: [{ value: foreign("users") }] }),
          },
          {
            method: "POST",
            path: "/Groups",
            bulkId: "g",
            data: { displayName: `bulk ${each.name}`, members: [{ value: foreign("users") }] },
          },
        ],
      });
    case "conditional":
      await ask(`GET /Users/${pick("users")}`, undefined, { "If-None-Match": foreign("etags") });
      return await ask(`PUT /Users/${pick("users")}`, user, { "If-Match": pick("etags") });
    case "events":
      await ask(
        `GET /events?events=dsync.user.created,dsync.group.user_added,dsync.user.updated&organization_id=${player.organizationId}`,
      );
      return await ask(`GET /Users?count=0`);
    default:
      return each.kind satisfies never;
  }
}

/** Ids and addresses in the order in which they are first heard. */
function numbered(heard: readonly string[]): string {
  const numbers = new Map<string, number>();
  return heard
    .join("\n")
    .replaceAll(/\/scim\/v2\.0\/[\w-]+/gu, "/scim/v2.0/key")
    .replaceAll(/(?:directory_user|directory_group|directory|event|org)_[0-9A-Z]{26}/gu, (id) => {
      if (!numbers.has(id)) numbers.set(id, numbers.size);
      return `#${String(numbers.get(id))}`;
    });
}

test("what a directory hears is the same with and without another one beside it", async () => {
  const property = fc.asyncProperty(fc.array(step, { minLength: 8, maxLength: 40 }), async (steps) => {
    const both = await together(steps);
    expect(both.a).toBe(await alone(steps, "a", both.used.a));
    expect(both.b).toBe(await alone(steps, "b", both.used.b));
  });
  await fc.assert(property, { numRuns: 25 });
}, 60_000);

test("and the comparison notices when one reaches into the other", async () => {
  const by = (kind: Step["kind"], pick = 0): Step => ({ who: "a", kind, name: "ann", pick, isForeign: false });
  const steps = [by("postUser"), by("read")];
  const both = await together(steps);
  expect(await alone(steps, "a", both.used.a)).toBe(both.a);
  // As if a token of the one had let a change into the other.
  const leaked = [by("postUser"), by("patchActive", 1), by("read")];
  expect(await alone(leaked, "a", both.used.a)).not.toBe(both.a);
});
