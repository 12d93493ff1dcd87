import type { Services } from "../http/services.ts";
import type { UserRow } from "../store/tables.ts";
import { userBody } from "./answers.ts";
import type { Scope, ScimBody } from "./answers.ts";
import type { ListSource } from "./list.ts";
import { project } from "./projection.ts";
import type { Projection } from "./projection.ts";

/** The users of a directory, to list. */
export function userSource({ store }: Services, { directorySeq, scimUrl, settings }: Scope): ListSource<UserRow> {
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
    ordered: (order, page) =>
      store.read((data) =>
        data.directory(directorySeq).users.ordered(order === "seq" ? order : "user_name_folded", page),
      ),
    bySeqs: (seqs) => store.read((data) => data.directory(directorySeq).users.bySeqs(seqs)),
    candidate: (row) => Promise.resolve(userBody(row, scimUrl)),
  };
}

/** Users as a list shows them. */
export function userBodies(rows: readonly UserRow[], { scimUrl }: Scope, projection: Projection): ScimBody[] {
  return rows.map((row) => project(userBody(row, scimUrl), projection));
}
