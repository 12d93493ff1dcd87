import type { Services } from "../../http/services.ts";
import type { DirectoryData } from "../../store/model.ts";
import type { GroupRow } from "../../store/tables.ts";
import { groupBody } from "../answers.ts";
import type { Scope } from "../answers.ts";
import { charging } from "./charging.ts";
import { chargeMembers, groupState, memberBodies, memberPieces } from "./group-members.ts";
import type { GroupState } from "./group-members.ts";
import type { ListSource } from "./source.ts";
import type { Pieces } from "./pieces.ts";
import { project, wants } from "./projection.ts";
import type { Projection } from "./projection.ts";
import { testsByMembers } from "../filter/related-tests.ts";

/** Members up to which an answer is held as a whole. */
export const heldMembersMax = 2_000;

/** Members on a page after which it ends early: `itemsPerPage` says with how many groups, and a client goes on from there. */
const pageMembersMax = 100_000;

/** The groups of a directory, to list. */
export function groupSource(services: Services, scope: Scope): ListSource<GroupRow> {
  const { store } = services;
  const { directorySeq, settings } = scope;
  const read = <T>(work: (directory: DirectoryData) => Promise<T>): Promise<T> =>
    store.read((data) => work(data.directory(directorySeq)));
  const rows = charging<GroupRow>(services, scope);
  return {
    type: settings.types.Group,
    total: async () => (await store.read((data) => data.directories.findBySeq(directorySeq)))?.groups ?? 0,
    page: (offset, limit) => rows(({ groups }) => groups.page(offset, limit)),
    lookup: (column, value) =>
      read(async ({ groups, memberships }) => {
        if (column === "members.value") return await groups.ofUser(value);
        if (column !== "members.display") return await groups.lookup(column, value);
        const named = await memberships.groupsWith({ kind: "text", column: "name", operator: "eq", text: value }, 0);
        return await groups.bySeqs(named.groups.map(({ seq }) => seq).sort((left, right) => left - right));
      }),
    narrowed: async () => null,
    after: (above, limit) => rows(({ groups }) => groups.after(above, limit)),
    placeOf: (id) => read(({ groups }) => groups.placeOf(id)),
    ordered: (order, page) =>
      read(({ groups }) => groups.ordered(order === "seq" ? order : "display_name_folded", page)),
    bySeqs: (seqs) => rows(({ groups }) => groups.bySeqs(seqs)),
    candidate: async (row) => groupBody(row, scope, null),
    related: testsByMembers({ store, directorySeq }),
  };
}

/** As many of the groups as fit on one page with their members, and at least one. */
export function pageOfGroups<Row extends Pick<GroupRow, "member_count">>(
  rows: readonly Row[],
  projection: Projection,
): readonly Row[] {
  if (!wants(projection, "members")) return rows;
  let members = 0;
  const end = rows.findIndex((row, index) => {
    members += row.member_count;
    return index > 0 && members > pageMembersMax;
  });
  return end === -1 ? rows : rows.slice(0, end);
}

/** True when groups have more members than an answer may hold as a whole. */
export function isLarge(rows: readonly GroupRow[], projection: Projection): boolean {
  return wants(projection, "members") && rows.reduce((sum, row) => sum + row.member_count, 0) > heldMembersMax;
}

/** Groups as a list shows them. Each is read anew together with its members; one that is gone since is left out. */
export async function* groupTexts(
  services: Services,
  scope: Scope,
  { rows, projection }: { readonly rows: readonly GroupRow[]; readonly projection: Projection },
): AsyncGenerator<Pieces> {
  for (const row of rows) {
    const state = wants(projection, "members")
      ? await currentState(services, scope, row)
      : { group: row, memberSeqs: null };
    if (state !== null) yield groupText(services, scope, { state, projection });
  }
}

/** A group as SCIM shows it. */
export async function* groupText(
  services: Services,
  scope: Scope,
  { state, projection }: { readonly state: GroupState; readonly projection: Projection },
): Pieces {
  const { group, memberSeqs } = state;
  if (memberSeqs === null || memberSeqs.length <= heldMembersMax) {
    const members = memberSeqs === null ? null : await memberBodies(services, scope, memberSeqs);
    yield JSON.stringify(project(groupBody(group, scope, members), projection));
    return;
  }
  const head = JSON.stringify(project(groupBody(group, scope, null), projection));
  yield `${head.slice(0, -1)},"members":[`;
  let separator = "";
  for await (const members of memberPieces(services, scope, memberSeqs)) {
    if (members.length === 0) continue;
    const list = JSON.stringify(project({ members }, projection)["members"]);
    yield `${separator}${list.slice(1, -1)}`;
    separator = ",";
  }
  yield "]}";
}

async function currentState(services: Services, scope: Scope, row: GroupRow): Promise<GroupState | null> {
  const state = await services.store.read(async (data) => {
    const directory = data.directory(scope.directorySeq);
    const [group] = await directory.groups.bySeqs([row.seq]);
    return group === undefined ? null : await groupState(directory, group, true);
  });
  if (state !== null) chargeMembers(services, scope, state);
  return state;
}
