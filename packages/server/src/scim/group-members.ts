import type { Services } from "../http/services.ts";
import type { DirectoryData } from "../store/model.ts";
import type { GroupRow } from "../store/tables.ts";
import { memberBody } from "./answers.ts";
import type { Scope, ScimBody } from "./answers.ts";
import { badRequest } from "./error.ts";

/** Members of which the names are read between two turns of the event loop. */
const membersPerRead = 1_000;

/** Most members of a group that a filter looks through. One that asks for a member by its id looks none through. */
const filteredMembersMax = 10_000;

/**
 * A group and who was in it at the same moment; null where nobody asked. A hundred thousand numbers are little to hold, so that
 * the members can be shown piece by piece, and still be those of one version.
 */
export interface GroupState {
  readonly group: GroupRow;
  readonly memberSeqs: readonly number[] | null;
}

/** The state of a group inside a read or a write. */
export async function groupState(data: DirectoryData, group: GroupRow, isWithMembers: boolean): Promise<GroupState> {
  return { group, memberSeqs: isWithMembers ? await data.memberships.allSeqs(group.seq) : null };
}

/** Members as SCIM shows them, some at a time. A user that was deleted since is left out. */
export async function* memberPieces(
  { store }: Services,
  { directorySeq, scimUrl }: Scope,
  memberSeqs: readonly number[],
): AsyncGenerator<ScimBody[]> {
  for (let from = 0; from < memberSeqs.length; from += membersPerRead) {
    const seqs = memberSeqs.slice(from, from + membersPerRead);
    const members = await store.read((data) => data.directory(directorySeq).memberships.named(seqs));
    yield members.map((member) => memberBody(member, scimUrl));
    if (from + membersPerRead < memberSeqs.length) await nextTurn();
  }
}

/** All members at once. */
export async function memberBodies(
  services: Services,
  scope: Scope,
  memberSeqs: readonly number[],
): Promise<ScimBody[]> {
  const bodies: ScimBody[] = [];
  for await (const piece of memberPieces(services, scope, memberSeqs)) bodies.push(...piece);
  return bodies;
}

/** The members of a group, for a filter. @throws scim_error 400 tooMany over `filteredMembersMax` */
export async function membersToFilter(services: Services, scope: Scope, group: GroupRow): Promise<ScimBody[]> {
  if (group.member_count > filteredMembersMax) {
    throw badRequest(
      "tooMany",
      `Group ${group.id} has more than ${filteredMembersMax} members; filter it by members.value eq "id" only.`,
    );
  }
  const { store } = services;
  const seqs = await store.read((data) => data.directory(scope.directorySeq).memberships.allSeqs(group.seq));
  return await memberBodies(services, scope, seqs);
}

function nextTurn(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}
