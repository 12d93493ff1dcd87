import { Hono } from "hono";
import type { Context } from "hono";
import { resourceOf } from "../directory/columns.ts";
import { changeDirectory } from "../directory/directory.ts";
import { createUser, deleteUser, existingUser, noSuchUser, updateUser } from "../directory/users.ts";
import { readJson } from "../http/limits.ts";
import type { Services } from "../http/services.ts";
import { profileOf } from "../profiles/index.ts";
import type { UserRow } from "../store/tables.ts";
import {
  emptyAnswer,
  onlyMethods,
  projectionOf,
  queryOf,
  resourceAnswer,
  scimAnswer,
  scopeOf,
  userBody,
} from "./answers.ts";
import type { ScimBody, ScimEnv } from "./answers.ts";
import { assertPreconditions, isKnown, preconditionsOf } from "./etag.ts";
import { findPage, listResponse, parseListRequest } from "./list.ts";
import { applyPatch, parsePatch } from "./patch.ts";
import { projectionIn } from "./projection.ts";
import { mergePut, parseUser } from "./resource.ts";
import { searchQuery } from "./search.ts";
import { userBodies, userSource } from "./user-list.ts";

/** `/Users` of a directory (RFC 7644 section 3). Every write answers with the user as it is afterwards. */
export function userRoutes(services: Services): Hono<ScimEnv> {
  const app = new Hono<ScimEnv>({ strict: false });
  app.post("/", async (context) => {
    const resource = parseUser(await readJson(context.req.raw), profileOf(context.get("directory").type));
    const user = await changeDirectory(services, context.get("directory").seq, (write) => createUser(write, resource));
    return userAnswer(context, user, 201);
  });
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
    const user = await services.store.read((data) => data.directory(seq).users.find(id));
    if (user === undefined) throw noSuchUser(id);
    if (isKnown(preconditionsOf(context.req.raw), user)) return emptyAnswer(context, user, 304);
    return userAnswer(context, user);
  });
  app.put("/:id", async (context) => {
    const id = context.req.param("id");
    const preconditions = preconditionsOf(context.req.raw);
    const replacement = parseUser(await readJson(context.req.raw), profileOf(context.get("directory").type));
    const user = await changeDirectory(services, context.get("directory").seq, async (write) => {
      const current = await existingUser(write, id);
      assertPreconditions(preconditions, current);
      return await updateUser(write, current, mergePut("User", resourceOf(current), replacement));
    });
    return userAnswer(context, user);
  });
  app.patch("/:id", async (context) => {
    const id = context.req.param("id");
    const preconditions = preconditionsOf(context.req.raw);
    const body = await readJson(context.req.raw);
    const operations = parsePatch("User", body, profileOf(context.get("directory").type));
    const user = await changeDirectory(services, context.get("directory").seq, async (write) => {
      const current = await existingUser(write, id);
      assertPreconditions(preconditions, current);
      return await updateUser(write, current, applyPatch("User", resourceOf(current), operations));
    });
    return userAnswer(context, user);
  });
  app.delete("/:id", async (context) => {
    const id = context.req.param("id");
    const preconditions = preconditionsOf(context.req.raw);
    await changeDirectory(services, context.get("directory").seq, async (write) => {
      const current = await existingUser(write, id);
      assertPreconditions(preconditions, current);
      await deleteUser(write, current);
    });
    return context.body(null, 204);
  });
  app.all("/:id", onlyMethods("GET, PUT, PATCH, DELETE"));
  return app;
}

function userAnswer(context: Context<ScimEnv>, user: UserRow, status = 200): Response {
  const projection = projectionOf(context, "User");
  return resourceAnswer(context, userBody(user, context.get("scimUrl")), { projection, status });
}

async function list(services: Services, context: Context<ScimEnv>, query: URLSearchParams): Promise<ScimBody> {
  const projection = projectionIn(query, "User");
  const request = parseListRequest(query);
  const { total, rows } = await findPage(userSource(services, scopeOf(context)), request);
  const resources = userBodies(rows, scopeOf(context), projection);
  return listResponse({ total, startIndex: request.startIndex, resources });
}
