import type { Services } from "../../http/services.ts";
import { fold } from "../../store/fold.ts";
import type { DirectoryData } from "../../store/model.ts";
import type { GroupRow, UserRow } from "../../store/tables.ts";
import { nextTurn } from "../../turns.ts";
import { userBody } from "../answers.ts";
import type { Scope, ScimBody } from "../answers.ts";
import type { ListRequest } from "./list.ts";
import { charging } from "./charging.ts";
import type { ListSource, Stretch } from "./source.ts";
import { asksFor, project } from "./projection.ts";
import type { Projection } from "./projection.ts";
import { testsByGroups } from "../filter/related-tests.ts";

/** The users of a directory, to list. */
export function userSource(services: Services, scope: Scope, { sort }: ListRequest): ListSource<UserRow> {
  const { store } = services;
  const { directorySeq, scimUrl, settings } = scope;
  const isByGroups = sort?.by.attribute?.toLowerCase() === "groups";
  const read = <T>(work: (directory: DirectoryData) => Promise<T>): Promise<T> =>
    store.read((data) => work(data.directory(directorySeq)));
  const rows = charging<UserRow>(services, scope);
  return {
    type: settings.types.User,
    total: async () => {
      const directory = await store.read((data) => data.directories.findBySeq(directorySeq));
      if (directory === undefined) return 0;
      return directory.users_active + directory.users_inactive + directory.users_hidden;
    },
    page: (offset, limit) => rows(({ users }) => users.page(offset, limit)),
    lookup: async (column, value) =>
      column === "members.value" || column === "members.display"
        ? []
        : await read(({ users }) => users.lookup(column, value)),
    narrowed: async ({ attribute, value }) => {
      if (attribute !== "groups.value" && attribute !== "groups.display") return null;
      const [column, text] =
        attribute === "groups.value" ? (["id", value] as const) : (["display_name_folded", fold(value)] as const);
      const [group, ...others] = await read(({ groups }) => groups.lookup(column, text));
      // Who is in two groups of one name must come once.
      if (others.length > 0) return null;
      return group === undefined ? noUsers : membersAsList(services, scope, group);
    },
    after: (above, limit) => rows(({ users }) => users.after(above, limit)),
    placeOf: (id) => read(({ users }) => users.placeOf(id)),
    ordered: (order, page) => read(({ users }) => users.ordered(order === "seq" ? order : "user_name_folded", page)),
    bySeqs: (seqs) => rows(({ users }) => users.bySeqs(seqs)),
    candidate: async (row) => userBody(row, scimUrl, isByGroups ? await groupsOf(services, scope, row) : null),
    related: testsByGroups({ store, directorySeq }),
  };
}

const noUsers: Stretch<UserRow> = { total: async () => 0, page: async () => [], after: async () => [] };

function membersAsList(services: Services, scope: Scope, group: GroupRow): Stretch<UserRow> {
  const rows = charging<UserRow>(services, scope);
  return {
    total: async () => group.member_count,
    page: (offset, limit) => rows(({ memberships }) => memberships.page(group.seq, offset, limit)),
    after: (above, limit) => rows(({ memberships }) => memberships.after(group.seq, above, limit)),
  };
}

const projectedPerTurn = 10;

/** Users as a list shows them. */
export async function userBodies(
  services: Services,
  scope: Scope,
  { rows, projection }: { readonly rows: readonly UserRow[]; readonly projection: Projection },
): Promise<ScimBody[]> {
  const bodies: ScimBody[] = [];
  for (const [index, row] of rows.entries()) {
    // To look for hundreds of names in lists of a thousand values takes as long as all else of a page together.
    if (projection.mode !== "all" && index % projectedPerTurn === 0) await nextTurn();
    bodies.push(project(await askedUserBody(services, scope, { user: row, projection }), projection));
  }
  return bodies;
}

/** A user with its groups, where the client asks for them. */
export async function askedUserBody(
  services: Services,
  scope: Scope,
  { user, projection }: { readonly user: UserRow; readonly projection: Projection },
): Promise<ScimBody> {
  return userBody(user, scope.scimUrl, asksFor(projection, "groups") ? await groupsOf(services, scope, user) : null);
}

async function groupsOf({ store }: Services, { directorySeq }: Scope, user: UserRow): Promise<GroupRow[]> {
  return await store.read((data) => data.directory(directorySeq).groups.ofUser(user.id));
}
