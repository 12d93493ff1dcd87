import { Hono } from "hono";
import type { Context } from "hono";
import { resourceOf } from "../directory/columns.ts";
import { changeDirectory } from "../directory/directory.ts";
import { createGroup, deleteGroup, existingGroup, noSuchGroup, updateGroup } from "../directory/groups.ts";
import { changeMembers } from "../directory/members.ts";
import { readJson } from "../http/limits.ts";
import type { Services } from "../http/services.ts";
import { profileOf } from "../profiles/index.ts";
import type { GroupRow } from "../store/tables.ts";
import {
  emptyAnswer,
  groupBody,
  onlyMethods,
  projectionOf,
  queryOf,
  resourceAnswer,
  scimAnswer,
  scopeOf,
} from "./answers.ts";
import type { ScimBody, ScimEnv } from "./answers.ts";
import { assertPreconditions, isKnown, preconditionsOf } from "./etag.ts";
import { groupBodies, groupSource, membersOf } from "./group-list.ts";
import { findPage, listResponse, parseListRequest } from "./list.ts";
import { applyPatch, memberOperations, parsePatch } from "./patch.ts";
import { projectionIn, wants } from "./projection.ts";
import { mergePut, parseGroup } from "./resource.ts";
import { searchQuery } from "./search.ts";

/** `/Groups` of a directory (RFC 7644 section 3). */
export function groupRoutes(services: Services): Hono<ScimEnv> {
  const app = new Hono<ScimEnv>({ strict: false });
  app.post("/", (context) => create(services, context));
  app.get("/", async (context) => scimAnswer(context, await list(services, context, queryOf(context))));
  app.post("/.search", async (context) => {
    const query = searchQuery(await readJson(context.req.raw));
    return scimAnswer(context, await list(services, context, query));
  });
  app.all("/", onlyMethods("GET, POST"));
  app.all("/.search", onlyMethods("POST"));
  app.get("/:id", async (context) => {
    const id = context.req.param("id");
    const { seq } = context.get("directory");
    const group = await services.store.read((data) => data.directory(seq).groups.find(id));
    if (group === undefined) throw noSuchGroup(id);
    if (isKnown(preconditionsOf(context.req.raw), group)) return emptyAnswer(context, group, 304);
    return await groupAnswer(services, context, { group });
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
  const group = await changeDirectory(services, context.get("directory").seq, async (write) => {
    const created = await createGroup(write, resource);
    return members === null ? created : await changeMembers(write, created, [{ op: "add", members }]);
  });
  return await groupAnswer(services, context, { group, status: 201 });
}

async function replace(services: Services, context: Context<ScimEnv>, id: string): Promise<Response> {
  const preconditions = preconditionsOf(context.req.raw);
  const body = await readJson(context.req.raw);
  const { resource, members } = parseGroup(body, profileOf(context.get("directory").type));
  const group = await changeDirectory(services, context.get("directory").seq, async (write) => {
    const current = await existingGroup(write, id);
    assertPreconditions(preconditions, current);
    const changed = await updateGroup(write, current, mergePut("Group", resourceOf(current), resource));
    return members === null ? changed : await changeMembers(write, changed, [{ op: "replace", members }]);
  });
  return await groupAnswer(services, context, { group });
}

/**
 * Answers 204 unless the client asks for attributes: with the members in the answer, adding one member to a group of a
 * hundred thousand would cost a hundred thousand. Entra and Okta take either (RFC 7644 section 3.5.2).
 */
async function patch(services: Services, context: Context<ScimEnv>, id: string): Promise<Response> {
  const preconditions = preconditionsOf(context.req.raw);
  const operations = parsePatch("Group", await readJson(context.req.raw), profileOf(context.get("directory").type));
  const group = await changeDirectory(services, context.get("directory").seq, async (write) => {
    const current = await existingGroup(write, id);
    assertPreconditions(preconditions, current);
    const changed = await updateGroup(write, current, applyPatch("Group", resourceOf(current), operations));
    return await changeMembers(write, changed, memberOperations(operations));
  });
  if (projectionOf(context, "Group").mode === "all") return emptyAnswer(context, group, 204);
  return await groupAnswer(services, context, { group });
}

async function list(services: Services, context: Context<ScimEnv>, query: URLSearchParams): Promise<ScimBody> {
  const projection = projectionIn(query, "Group");
  const request = parseListRequest(query);
  const { total, rows } = await findPage(groupSource(services, scopeOf(context), request), request);
  const resources = await groupBodies(services, scopeOf(context), { rows, projection });
  return listResponse({ total, startIndex: request.startIndex, resources });
}

async function groupAnswer(
  services: Services,
  context: Context<ScimEnv>,
  { group, status = 200 }: { group: GroupRow; status?: number },
): Promise<Response> {
  const projection = projectionOf(context, "Group");
  const members = wants(projection, "members") ? await membersOf(services, scopeOf(context), group) : null;
  return resourceAnswer(context, groupBody(group, context.get("scimUrl"), members), { projection, status });
}
