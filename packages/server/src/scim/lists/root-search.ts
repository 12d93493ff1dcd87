import type { Context } from "hono";
import type { Services } from "../../http/services.ts";
import type { GroupRow, UserRow } from "../../store/tables.ts";
import type { Scope, ScimEnv } from "../answers.ts";
import { badRequest } from "../error.ts";
import { groupSource, groupTexts, isLarge, pageOfGroups } from "./group-list.ts";
import { findPage, inOrder, parseListRequest, rank, rowsInOrder } from "./list.ts";
import type { ListRequest } from "./list.ts";
import { answerPieces, listPieces } from "./pieces.ts";
import type { Pieces } from "./pieces.ts";
import { projectionIn } from "./projection.ts";
import { scopeOf } from "../request.ts";
import { extensionsOf } from "../model.ts";
import type { ResourceType, TypeName } from "../model.ts";
import type { Ranked, Sort } from "./sort.ts";
import { userBodies, userSource } from "./user-list.ts";

/**
 * A search over users and groups together (RFC 7644 section 3.4.2.1): all users before all groups, unless the client sorts
 * them.
 *
 * @throws scim_error 400
 */
export async function searchEverything(
  services: Services,
  context: Context<ScimEnv>,
  query: URLSearchParams,
): Promise<Response> {
  const scope = scopeOf(context);
  // A schema of either type may stand in the filter; what a type does not have matches nothing of it.
  const request = parseListRequest(query, eitherOf(scope));
  if (request.cursor !== null) {
    throw badRequest("invalidCursor", "Users and groups together have no cursor; read /Users and /Groups.");
  }
  const search: Search = { services, scope, query, request };
  const { sort, startIndex } = request;
  const { total, rows } = sort === null ? await oneAfterTheOther(search) : await sortedTogether(search, sort);
  const groups = rows.flatMap((row) => (row.type === "Group" ? [row.group] : []));
  const fitting = pageOfGroups(groups, projectionIn(query, scope.settings.types.Group));
  const end = rows.findIndex((row) => row.type === "Group" && row.group === groups[fitting.length]);
  const page = end === -1 ? rows : rows.slice(0, end);
  const pieces = listPieces({ total, startIndex }, texts(search, page));
  return await answerPieces(context, pieces, {
    isLarge: isLarge(fitting, projectionIn(query, scope.settings.types.Group)),
  });
}

function eitherOf({ settings: { types } }: Scope): ResourceType {
  return { name: "User", extensions: [...extensionsOf(types.User), ...extensionsOf(types.Group)] };
}

interface Search {
  readonly services: Services;
  readonly scope: Scope;
  readonly query: URLSearchParams;
  readonly request: ListRequest;
}

type Row = { readonly type: "User"; readonly user: UserRow } | { readonly type: "Group"; readonly group: GroupRow };

interface Found {
  readonly total: number;
  readonly rows: readonly Row[];
}

async function oneAfterTheOther({ services, scope, request }: Search): Promise<Found> {
  const users = await findPage(userSource(services, scope, request), request);
  const rest = {
    ...request,
    startIndex: Math.max(1, request.startIndex - users.total),
    count: request.count - users.rows.length,
  };
  const groups = await findPage(groupSource(services, scope), rest);
  return {
    total: users.total + groups.total,
    rows: [
      ...users.rows.map((user) => ({ type: "User", user }) as const),
      ...groups.rows.map((group) => ({ type: "Group", group }) as const),
    ],
  };
}

async function sortedTogether({ services, scope, request }: Search, sort: Sort): Promise<Found> {
  const users = userSource(services, scope, request);
  const groups = groupSource(services, scope);
  const of = (type: TypeName, ranked: readonly Ranked[]) =>
    ranked.map((each) => ({ ...each, type, kind: type === "User" ? 0 : 1 }));
  const all = [...of("User", await rank(users, request, sort)), ...of("Group", await rank(groups, request, sort))];
  const page = inOrder(all, sort).slice(request.startIndex - 1, request.startIndex - 1 + request.count);
  const seqsOf = (type: TypeName) => page.filter((each) => each.type === type).map(({ seq }) => seq);
  const userBySeq = new Map((await rowsInOrder(users, seqsOf("User"))).map((user) => [user.seq, user]));
  const groupBySeq = new Map((await rowsInOrder(groups, seqsOf("Group"))).map((group) => [group.seq, group]));
  const rows = page.flatMap(({ type, seq }): Row[] => {
    const user = type === "User" ? userBySeq.get(seq) : undefined;
    if (user !== undefined) return [{ type: "User", user }];
    const group = type === "Group" ? groupBySeq.get(seq) : undefined;
    return group === undefined ? [] : [{ type: "Group", group }];
  });
  return { total: all.length, rows };
}

async function* texts({ services, scope, query }: Search, rows: readonly Row[]): AsyncGenerator<Pieces> {
  const { types } = scope.settings;
  const [ofUsers, ofGroups] = [projectionIn(query, types.User), projectionIn(query, types.Group)];
  for (const row of rows) {
    if (row.type === "User") yield userText(services, scope, { rows: [row.user], projection: ofUsers });
    else yield* groupTexts(services, scope, { rows: [row.group], projection: ofGroups });
  }
}

async function* userText(...shown: Parameters<typeof userBodies>): Pieces {
  for (const body of await userBodies(...shown)) yield JSON.stringify(body);
}
