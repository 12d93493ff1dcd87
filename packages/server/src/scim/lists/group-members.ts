import type { Services } from "../../http/services.ts";
import type { DirectoryData } from "../../store/model.ts";
import type { GroupRow } from "../../store/tables.ts";
import { memberBody } from "../answers.ts";
import type { Scope, ScimBody } from "../answers.ts";
import { rowsPerRequest } from "../rate-limit.ts";
import { nextTurn } from "../../turns.ts";

/** Members of which the names are read between two turns of the event loop. */
const membersPerRead = 1_000;

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

/** Counts the members that an answer is going to show as a part of the directory's rate. */
export function chargeMembers({ limiter }: Services, { directorySeq }: Scope, { memberSeqs }: GroupState): void {
  limiter.charge(directorySeq, (memberSeqs ?? []).length / rowsPerRequest);
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
