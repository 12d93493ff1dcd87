import { Hono } from "hono";
import type { Context } from "hono";
import { resourceOf } from "../directory/columns.ts";
import { changeDirectory } from "../directory/directory.ts";
import { createGroup, deleteGroup, existingGroup, noSuchGroup, updateGroup } from "../directory/groups.ts";
import { changeMembers } from "../directory/members.ts";
import { readJson } from "../http/limits.ts";
import type { Services } from "../http/services.ts";
import { profileOf } from "../profiles/index.ts";
import type { DirectoryData, MemberRow } from "../store/model.ts";
import type { GroupRow } from "../store/tables.ts";
import { emptyAnswer, groupBody, projectionOf, resourceAnswer, scimAnswer } from "./answers.ts";
import type { ScimEnv } from "./answers.ts";
import { assertPreconditions, isKnown, preconditionsOf } from "./etag.ts";
import { mentionsAttribute } from "./filter.ts";
import { findPage, listResponse, parseListRequest } from "./list.ts";
import type { ListSource } from "./list.ts";
import { applyPatch, memberOperations, parsePatch } from "./patch.ts";
import { project, wants } from "./projection.ts";
import { mergePut, parseGroup } from "./resource.ts";

// Members read by one query.
const membersPerRead = 1_000;

/** `/Groups` of a directory (RFC 7644 section 3). */
export function groupRoutes(services: Services): Hono<ScimEnv> {
  const app = new Hono<ScimEnv>({ strict: false });
  app.post("/", (context) => create(services, context));
  app.get("/", (context) => list(services, context));
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

async function list(services: Services, context: Context<ScimEnv>): Promise<Response> {
  const projection = projectionOf(context, "Group");
  const request = parseListRequest(new URL(context.req.url).searchParams);
  const isMembersFilter = request.filter !== null && mentionsAttribute(request.filter, "members");
  const page = await findPage(sourceOf(services, context, isMembersFilter), request);
  const resources: Record<string, unknown>[] = [];
  for (const group of page.rows) {
    const members = wants(projection, "members") ? await membersOf(services, context, group) : null;
    resources.push(project(groupBody(group, context.get("scimUrl"), members), projection));
  }
  return scimAnswer(context, listResponse({ total: page.total, startIndex: request.startIndex, resources }));
}

async function groupAnswer(
  services: Services,
  context: Context<ScimEnv>,
  { group, status = 200 }: { group: GroupRow; status?: number },
): Promise<Response> {
  const projection = projectionOf(context, "Group");
  const members = wants(projection, "members") ? await membersOf(services, context, group) : null;
  return resourceAnswer(context, groupBody(group, context.get("scimUrl"), members), { projection, status });
}

async function membersOf(services: Services, context: Context<ScimEnv>, group: GroupRow): Promise<MemberRow[]> {
  const { seq } = context.get("directory");
  return await services.store.read((data) => readMembers(data.directory(seq), group));
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

function sourceOf(services: Services, context: Context<ScimEnv>, isMembersFilter: boolean): ListSource<GroupRow> {
  const { store } = services;
  const { seq } = context.get("directory");
  return {
    type: "Group",
    total: async () => (await store.read((data) => data.directories.findBySeq(seq)))?.groups ?? 0,
    page: (offset, limit) => store.read((data) => data.directory(seq).groups.page(offset, limit)),
    lookup: (column, value) =>
      store.read((data) => {
        const { groups } = data.directory(seq);
        return column === "members.value" ? groups.ofUser(value) : groups.lookup(column, value);
      }),
    after: (above, limit) => store.read((data) => data.directory(seq).groups.after(above, limit)),
    candidate: async (row) => {
      const members = isMembersFilter ? await membersOf(services, context, row) : null;
      return groupBody(row, context.get("scimUrl"), members);
    },
  };
}
