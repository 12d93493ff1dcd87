import type { Services } from "../http/services.ts";
import type { Scope, ScimBody } from "./answers.ts";
import { groupBodies, groupSource } from "./group-list.ts";
import { findPage, inOrder, listResponse, parseListRequest, rank, rowsInOrder } from "./list.ts";
import type { ListRequest } from "./list.ts";
import { projectionIn } from "./projection.ts";
import type { ResourceType } from "./resource.ts";
import type { Ranked, Sort } from "./sort.ts";
import { userBodies, userSource } from "./user-list.ts";

/**
 * A search over users and groups together (RFC 7644 section 3.4.2.1): all users before all groups, unless the client sorts
 * them.
 *
 * @throws scim_error 400
 */
export async function searchEverything(services: Services, scope: Scope, query: URLSearchParams): Promise<ScimBody> {
  const request = parseListRequest(query);
  const search: Search = { services, scope, query, request };
  const { total, resources } =
    request.sort === null ? await oneAfterTheOther(search) : await sortedTogether(search, request.sort);
  return listResponse({ total, startIndex: request.startIndex, resources });
}

interface Search {
  readonly services: Services;
  readonly scope: Scope;
  readonly query: URLSearchParams;
  readonly request: ListRequest;
}

interface Found {
  readonly total: number;
  readonly resources: readonly ScimBody[];
}

async function oneAfterTheOther({ services, scope, query, request }: Search): Promise<Found> {
  const users = await findPage(userSource(services, scope), request);
  const rest = {
    ...request,
    startIndex: Math.max(1, request.startIndex - users.total),
    count: request.count - users.rows.length,
  };
  const groups = await findPage(groupSource(services, scope, rest), rest);
  const projection = projectionIn(query, "Group");
  return {
    total: users.total + groups.total,
    resources: [
      ...userBodies(users.rows, scope, projectionIn(query, "User")),
      ...(await groupBodies(services, scope, { rows: groups.rows, projection })),
    ],
  };
}

async function sortedTogether({ services, scope, query, request }: Search, sort: Sort): Promise<Found> {
  const users = userSource(services, scope);
  const groups = groupSource(services, scope, request);
  const of = (type: ResourceType, ranked: readonly Ranked[]) => ranked.map((each) => ({ ...each, type }));
  const all = [...of("User", await rank(users, request, sort)), ...of("Group", await rank(groups, request, sort))];
  const page = inOrder(all, sort).slice(request.startIndex - 1, request.startIndex - 1 + request.count);
  const seqsOf = (type: ResourceType) => page.filter((each) => each.type === type).map(({ seq }) => seq);
  const userRows = await rowsInOrder(users, seqsOf("User"));
  const groupRows = await rowsInOrder(groups, seqsOf("Group"));
  const projection = projectionIn(query, "Group");
  const bodies = {
    User: bySeq(userRows, userBodies(userRows, scope, projectionIn(query, "User"))),
    Group: bySeq(groupRows, await groupBodies(services, scope, { rows: groupRows, projection })),
  };
  const resources = page.map(({ type, seq }) => bodies[type].get(seq)).filter((body) => body !== undefined);
  return { total: all.length, resources };
}

function bySeq(rows: readonly { readonly seq: number }[], bodies: readonly ScimBody[]): Map<number, ScimBody> {
  return new Map(bodies.map((body, index) => [rows[index]?.seq ?? 0, body]));
}
