import { Hono } from "hono";
import type { Context } from "hono";
import { resourceOf } from "../directory/columns.ts";
import { changeDirectory } from "../directory/directory.ts";
import { createGroup, deleteGroup, existingGroup, noSuchGroup, updateGroup } from "../directory/groups.ts";
import { changeMembers } from "../directory/members.ts";
import { readJson } from "../http/limits.ts";
import type { Services } from "../http/services.ts";
import { profileOf } from "../profiles/index.ts";
import { emptyAnswer, groupUrl, onlyMethods, projectionOf, queryOf, scopeOf } from "./answers.ts";
import type { ScimEnv } from "./answers.ts";
import { assertPreconditions, etagOf, isKnown, preconditionsOf } from "./etag.ts";
import { groupSource, groupText, groupTexts, heldMembersMax, isLarge, pageOfGroups } from "./group-list.ts";
import { groupState } from "./group-members.ts";
import type { GroupState } from "./group-members.ts";
import { findPage, parseListRequest } from "./list.ts";
import { applyPatch, memberOperations, parsePatch } from "./patch.ts";
import { answerPieces, listPieces } from "./pieces.ts";
import { projectionIn, wants } from "./projection.ts";
import { mergePut, parseGroup } from "./resource.ts";
import { searchQuery } from "./search.ts";

/** `/Groups` of a directory (RFC 7644 section 3). */
export function groupRoutes(services: Services): Hono<ScimEnv> {
  const app = new Hono<ScimEnv>({ strict: false });
  app.post("/", (context) => create(services, context));
  app.get("/", (context) => list(services, context, queryOf(context)));
  app.post("/.search", async (context) => list(services, context, searchQuery(await readJson(context.req.raw))));
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
  app.put("/:id", (context) => replace(services, context, context.req.param("id")));
  app.patch("/:id", (context) => patch(services, context, context.req.param("id")));
  app.delete("/:id", async (context) => {
    const id = context.req.param("id");
    const preconditions = preconditionsOf(context.req.raw);
    await changeDirectory(services, context.get("directory").seq, async (write) => {
      const current = await existingGroup(write, id);
      assertPreconditions(preconditions, current);
      await deleteGroup(write, current);
    });
    return context.body(null, 204);
  });
  app.all("/:id", onlyMethods("GET, PUT, PATCH, DELETE"));
  return app;
}

async function create(services: Services, context: Context<ScimEnv>): Promise<Response> {
  const body = await readJson(context.req.raw);
  const { resource, members } = parseGroup(body, profileOf(context.get("directory").type));
  const state = await changeDirectory(services, context.get("directory").seq, async (write) => {
    const created = await createGroup(write, resource);
    const group = members === null ? created : await changeMembers(write, created, [{ op: "add", members }]);
    return await groupState(write.scope, group, showsMembers(context));
  });
  return await groupAnswer(services, context, { state, status: 201 });
}

async function replace(services: Services, context: Context<ScimEnv>, id: string): Promise<Response> {
  const preconditions = preconditionsOf(context.req.raw);
  const body = await readJson(context.req.raw);
  const { resource, members } = parseGroup(body, profileOf(context.get("directory").type));
  const state = await changeDirectory(services, context.get("directory").seq, async (write) => {
    const current = await existingGroup(write, id);
    assertPreconditions(preconditions, current);
    const changed = await updateGroup(write, current, mergePut("Group", resourceOf(current), resource));
    const group = members === null ? changed : await changeMembers(write, changed, [{ op: "replace", members }]);
    return await groupState(write.scope, group, showsMembers(context));
  });
  return await groupAnswer(services, context, { state });
}

/**
 * Answers 204 unless the client asks for attributes: with the members in the answer, adding one member to a group of a
 * hundred thousand would cost a hundred thousand. Entra and Okta take either (RFC 7644 section 3.5.2).
 */
async function patch(services: Services, context: Context<ScimEnv>, id: string): Promise<Response> {
  const preconditions = preconditionsOf(context.req.raw);
  const operations = parsePatch("Group", await readJson(context.req.raw), profileOf(context.get("directory").type));
  const isBodyWanted = projectionOf(context, "Group").mode !== "all";
  const state = await changeDirectory(services, context.get("directory").seq, async (write) => {
    const current = await existingGroup(write, id);
    assertPreconditions(preconditions, current);
    const changed = await updateGroup(write, current, applyPatch("Group", resourceOf(current), operations));
    const group = await changeMembers(write, changed, memberOperations(operations));
    return await groupState(write.scope, group, isBodyWanted && showsMembers(context));
  });
  if (!isBodyWanted) return emptyAnswer(context, state.group, 204);
  return await groupAnswer(services, context, { state });
}

async function list(services: Services, context: Context<ScimEnv>, query: URLSearchParams): Promise<Response> {
  const projection = projectionIn(query, "Group");
  const request = parseListRequest(query);
  const scope = scopeOf(context);
  const page = await findPage(groupSource(services, scope, request), request);
  const rows = pageOfGroups(page.rows, projection);
  const { startIndex } = request;
  const pieces = listPieces({ total: page.total, startIndex }, groupTexts(services, scope, { rows, projection }));
  return await answerPieces(context, pieces, { isLarge: isLarge(rows, projection) });
}

async function groupAnswer(
  services: Services,
  context: Context<ScimEnv>,
  { state, status = 200 }: { state: GroupState; status?: number },
): Promise<Response> {
  const scope = scopeOf(context);
  const pieces = groupText(services, scope, { state, projection: projectionOf(context, "Group") });
  return await answerPieces(context, pieces, {
    isLarge: (state.memberSeqs ?? []).length > heldMembersMax,
    status,
    headers: { Location: groupUrl(scope, state.group), ETag: etagOf(state.group) },
  });
}

/** True when the answer to this request shows members. */
function showsMembers(context: Context<ScimEnv>): boolean {
  return wants(projectionOf(context, "Group"), "members");
}
