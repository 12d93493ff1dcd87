import { Hono } from "hono";
import type { Context } from "hono";
import { changeDirectory } from "../directory/directory.ts";
import { noSuchUser } from "../directory/users.ts";
import type { Services } from "../http/services.ts";
import type { UserRow } from "../store/tables.ts";
import { emptyAnswer, resourceAnswer, scimAnswer, userAnswer } from "./answers.ts";
import type { ScimBody, ScimEnv } from "./answers.ts";
import { isKnown, preconditionsOf } from "./etag.ts";
import { findPage, listResponse, nextCursor, parseListRequest } from "./lists/list.ts";
import { projectionIn } from "./lists/projection.ts";
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
import { userCreation, userDeletion, userPatch, userReplacement } from "./user-changes.ts";
import { askedUserBody, userBodies, userSource } from "./lists/user-list.ts";

/** `/Users` of a directory (RFC 7644 section 3). Every write answers with the user as it is afterwards. */
export function userRoutes(services: Services): Hono<ScimEnv> {
  const app = new Hono<ScimEnv>({ strict: false });
  app.post("/", async (context) => {
    const work = userCreation(await bodyOf(context), dialectOf(context));
    const user = await changeDirectory(services, scopeOf(context).directorySeq, work);
    return await answerUser(services, context, { user, status: 201 });
  });
  app.get("/", async (context) => scimAnswer(context, await list(services, context, queryOf(context))));
  app.post("/.search", async (context) => {
    const query = await searchOf(context);
    return scimAnswer(context, await list(services, context, query));
  });
  app.all("/", onlyMethods("GET, POST"));
  app.all("/.search", onlyMethods("POST"));
  app.get("/:id", async (context) => {
    const id = context.req.param("id");
    const { directorySeq } = scopeOf(context);
    const user = await services.store.read((data) => data.directory(directorySeq).users.find(id));
    if (user === undefined) throw noSuchUser(id);
    if (isKnown(preconditionsOf(context.req.raw), user)) return emptyAnswer(context, user, 304);
    return await answerUser(services, context, { user });
  });
  app.put("/:id", async (context) => {
    const request = changeRequestOf(context, context.req.param("id"));
    const work = userReplacement(request, await bodyOf(context), dialectOf(context));
    const user = await changeDirectory(services, scopeOf(context).directorySeq, work);
    return await answerUser(services, context, { user });
  });
  app.patch("/:id", async (context) => {
    const request = changeRequestOf(context, context.req.param("id"));
    const work = userPatch(request, await bodyOf(context), dialectOf(context));
    const user = await changeDirectory(services, scopeOf(context).directorySeq, work);
    return await answerUser(services, context, { user });
  });
  app.delete("/:id", async (context) => {
    const work = userDeletion(changeRequestOf(context, context.req.param("id")));
    await changeDirectory(services, scopeOf(context).directorySeq, work);
    return context.body(null, 204);
  });
  app.all("/:id", onlyMethods("GET, PUT, PATCH, DELETE"));
  return app;
}

async function answerUser(
  services: Services,
  context: Context<ScimEnv>,
  { user, status = 200 }: { readonly user: UserRow; readonly status?: number },
): Promise<Response> {
  const projection = projectionOf(context, "User");
  if (projection.mode === "all") return userAnswer(context, user, { scimUrl: context.get("scimUrl"), status });
  const body = await askedUserBody(services, scopeOf(context), { user, projection });
  return resourceAnswer(context, body, { projection, status });
}

async function list(services: Services, context: Context<ScimEnv>, query: URLSearchParams): Promise<ScimBody> {
  const type = context.get("settings").types.User;
  const projection = projectionIn(query, type);
  const request = parseListRequest(query, type);
  const page = await findPage(userSource(services, scopeOf(context), request), request);
  const { total, rows } = page;
  const resources = await userBodies(services, scopeOf(context), { rows, projection });
  return listResponse({ total, startIndex: request.startIndex, resources, ...nextCursor(page) });
}
