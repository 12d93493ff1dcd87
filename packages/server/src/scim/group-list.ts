import type { Services } from "../http/services.ts";
import type { DirectoryData, MemberRow } from "../store/model.ts";
import type { GroupRow } from "../store/tables.ts";
import { groupBody } from "./answers.ts";
import type { Scope, ScimBody } from "./answers.ts";
import { mentionsAttribute } from "./filter.ts";
import type { ListRequest, ListSource } from "./list.ts";
import { project, wants } from "./projection.ts";
import type { Projection } from "./projection.ts";

// Members read by one query.
const membersPerRead = 1_000;

/** The groups of a directory, to list as the request asks. */
export function groupSource(services: Services, scope: Scope, { filter }: ListRequest): ListSource<GroupRow> {
  const { store } = services;
  const { directorySeq, scimUrl } = scope;
  const isMembersFilter = filter !== null && mentionsAttribute(filter, "members");
  return {
    type: "Group",
    total: async () => (await store.read((data) => data.directories.findBySeq(directorySeq)))?.groups ?? 0,
    page: (offset, limit) => store.read((data) => data.directory(directorySeq).groups.page(offset, limit)),
    lookup: (column, value) =>
      store.read((data) => {
        const { groups } = data.directory(directorySeq);
        return column === "members.value" ? groups.ofUser(value) : groups.lookup(column, value);
      }),
    after: (above, limit) => store.read((data) => data.directory(directorySeq).groups.after(above, limit)),
    ordered: (order, page) =>
      store.read((data) =>
        data.directory(directorySeq).groups.ordered(order === "seq" ? order : "display_name_folded", page),
      ),
    bySeqs: (seqs) => store.read((data) => data.directory(directorySeq).groups.bySeqs(seqs)),
    candidate: async (row) => groupBody(row, scimUrl, isMembersFilter ? await membersOf(services, scope, row) : null),
  };
}

/** Groups as a list shows them. */
export async function groupBodies(
  services: Services,
  scope: Scope,
  { rows, projection }: { rows: readonly GroupRow[]; projection: Projection },
): Promise<ScimBody[]> {
  const bodies: ScimBody[] = [];
  for (const group of rows) {
    const members = wants(projection, "members") ? await membersOf(services, scope, group) : null;
    bodies.push(project(groupBody(group, scope.scimUrl, members), projection));
  }
  return bodies;
}

/** Every member of a group. */
export async function membersOf(services: Services, { directorySeq }: Scope, group: GroupRow): Promise<MemberRow[]> {
  return await services.store.read((data) => readMembers(data.directory(directorySeq), group));
}

async function readMembers(scope: DirectoryData, group: GroupRow): Promise<MemberRow[]> {
  const members: MemberRow[] = [];
  for (;;) {
    const window = { above: members.at(-1)?.seq ?? 0, limit: membersPerRead };
    const rows = await scope.memberships.members(group.seq, window);
    members.push(...rows);
    if (rows.length < membersPerRead) return members;
  }
}
