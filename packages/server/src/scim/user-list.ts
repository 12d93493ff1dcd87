import type { Services } from "../http/services.ts";
import type { GroupRow, UserRow } from "../store/tables.ts";
import { userBody } from "./answers.ts";
import type { Scope, ScimBody } from "./answers.ts";
import { mentionsAttribute } from "./filter.ts";
import type { ListRequest, ListSource } from "./list.ts";
import { asksFor, project } from "./projection.ts";
import type { Projection } from "./projection.ts";

/** The users of a directory, to list. */
export function userSource(services: Services, scope: Scope, { filter, sort }: ListRequest): ListSource<UserRow> {
  const { store } = services;
  const { directorySeq, scimUrl, settings } = scope;
  const isOfGroups =
    (filter !== null && mentionsAttribute(filter, "groups")) || sort?.by.attribute?.toLowerCase() === "groups";
  return {
    type: settings.types.User,
    total: async () => {
      const directory = await store.read((data) => data.directories.findBySeq(directorySeq));
      if (directory === undefined) return 0;
      return directory.users_active + directory.users_inactive + directory.users_hidden;
    },
    page: (offset, limit) => store.read((data) => data.directory(directorySeq).users.page(offset, limit)),
    lookup: async (column, value) =>
      column === "members.value"
        ? []
        : await store.read((data) => data.directory(directorySeq).users.lookup(column, value)),
    after: (above, limit) => store.read((data) => data.directory(directorySeq).users.after(above, limit)),
    placeOf: (id) => store.read((data) => data.directory(directorySeq).users.placeOf(id)),
    ordered: (order, page) =>
      store.read((data) =>
        data.directory(directorySeq).users.ordered(order === "seq" ? order : "user_name_folded", page),
      ),
    bySeqs: (seqs) => store.read((data) => data.directory(directorySeq).users.bySeqs(seqs)),
    candidate: async (row) => userBody(row, scimUrl, isOfGroups ? await groupsOf(services, scope, row) : null),
  };
}

/** Users as a list shows them. */
export async function userBodies(
  services: Services,
  scope: Scope,
  { rows, projection }: { readonly rows: readonly UserRow[]; readonly projection: Projection },
): Promise<ScimBody[]> {
  const bodies: ScimBody[] = [];
  for (const row of rows)
    bodies.push(project(await askedUserBody(services, scope, { user: row, projection }), projection));
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
