import { Hono } from "hono";
import type { Context } from "hono";
import { changeDirectory } from "../directory/directory.ts";
import { noSuchGroup } from "../directory/groups.ts";
import type { Services } from "../http/services.ts";
import type { GroupRow } from "../store/tables.ts";
import { emptyAnswer, groupUrl, resourceHeaders } from "./answers.ts";
import type { ScimEnv } from "./answers.ts";
import { etagOf, isKnown, preconditionsOf } from "./etag.ts";
import { groupCreation, groupDeletion, groupPatch, groupReplacement } from "./group-changes.ts";
import { groupSource, groupText, groupTexts, heldMembersMax, isLarge, pageOfGroups } from "./lists/group-list.ts";
import { chargeMembers, groupState } from "./lists/group-members.ts";
import type { GroupState } from "./lists/group-members.ts";
import { findPage, nextCursor, parseListRequest } from "./lists/list.ts";
import { answerPieces, listPieces } from "./lists/pieces.ts";
import { projectionIn, wants } from "./lists/projection.ts";
import {
  bodyOf,
  changeRequestOf,
  onlyMethods,
  dialectOf,
  projectionOf,
  queryOf,
  scopeOf,
  searchOf,
} from "./request.ts";
import type { Work } from "./user-changes.ts";

/** `/Groups` of a directory (RFC 7644 section 3). */
export function groupRoutes(services: Services): Hono<ScimEnv> {
  const app = new Hono<ScimEnv>({ strict: false });
  app.post("/", async (context) => {
    const work = groupCreation(await bodyOf(context), dialectOf(context));
    return await groupAnswer(services, context, { state: await change(services, context, work), status: 201 });
  });
  app.get("/", (context) => list(services, context, queryOf(context)));
  app.post("/.search", async (context) => list(services, context, await searchOf(context)));
  app.all("/", onlyMethods("GET, POST"));
  app.all("/.search", onlyMethods("POST"));
  app.get("/:id", async (context) => {
    const id = context.req.param("id");
    const { seq } = context.get("directory");
    const preconditions = preconditionsOf(context.req.raw);
    const state = await services.store.read(async (data) => {
      const directory = data.directory(seq);
      const group = await directory.groups.find(id);
      if (group === undefined) throw noSuchGroup(id);
      return await groupState(directory, group, showsMembers(context) && !isKnown(preconditions, group));
    });
    if (isKnown(preconditions, state.group)) return emptyAnswer(context, state.group, 304);
    return await groupAnswer(services, context, { state });
  });
  app.put("/:id", async (context) => {
    const request = changeRequestOf(context, context.req.param("id"));
    const work = groupReplacement(request, await bodyOf(context), dialectOf(context));
    return await groupAnswer(services, context, { state: await change(services, context, work) });
  });
  app.patch("/:id", (context) => patch(services, context, context.req.param("id")));
  app.delete("/:id", async (context) => {
    const work = groupDeletion(changeRequestOf(context, context.req.param("id")));
    await changeDirectory(services, scopeOf(context).directorySeq, work);
    return context.body(null, 204);
  });
  app.all("/:id", onlyMethods("GET, PUT, PATCH, DELETE"));
  return app;
}

/** Makes a change, and takes the members in the same moment where the answer shows them. */
async function change(services: Services, context: Context<ScimEnv>, work: Work<GroupRow>): Promise<GroupState> {
  return await changeDirectory(services, scopeOf(context).directorySeq, async (write) =>
    groupState(write.scope, await work(write), showsMembers(context)),
  );
}

/**
 * Answers 204 unless the client asks for attributes: with the members in the answer, adding one member to a group of a
 * hundred thousand would cost a hundred thousand. Entra and Okta take either (RFC 7644 section 3.5.2).
 */
async function patch(services: Services, context: Context<ScimEnv>, id: string): Promise<Response> {
  const work = groupPatch(changeRequestOf(context, id), await bodyOf(context), dialectOf(context));
  if (projectionOf(context, "Group").mode !== "all") {
    return await groupAnswer(services, context, { state: await change(services, context, work) });
  }
  return emptyAnswer(context, await changeDirectory(services, scopeOf(context).directorySeq, work), 204);
}

async function list(services: Services, context: Context<ScimEnv>, query: URLSearchParams): Promise<Response> {
  const type = context.get("settings").types.Group;
  const projection = projectionIn(query, type);
  const request = parseListRequest(query, type);
  const scope = scopeOf(context);
  const page = await findPage(groupSource(services, scope), request);
  const rows = pageOfGroups(page.rows, projection);
  const { startIndex } = request;
  const pieces = listPieces(
    { total: page.total, startIndex, ...nextCursor(page, rows) },
    groupTexts(services, scope, { rows, projection }),
  );
  return await answerPieces(context, pieces, { isLarge: isLarge(rows, projection) });
}

async function groupAnswer(
  services: Services,
  context: Context<ScimEnv>,
  { state, status = 200 }: { state: GroupState; status?: number },
): Promise<Response> {
  const scope = scopeOf(context);
  chargeMembers(services, scope, state);
  const pieces = groupText(services, scope, { state, projection: projectionOf(context, "Group") });
  return await answerPieces(context, pieces, {
    isLarge: (state.memberSeqs ?? []).length > heldMembersMax,
    status,
    headers: resourceHeaders(groupUrl(scope, state.group), etagOf(state.group)),
  });
}

/** True when the answer to this request shows members. */
function showsMembers(context: Context<ScimEnv>): boolean {
  return wants(projectionOf(context, "Group"), "members");
}
