import { Hono } from "hono";
import * as z from "zod";
import { createDirectory, deleteDirectory } from "../directory/directory.ts";
import { toDirectory } from "../directory/objects.ts";
import { createOnce } from "../http/create-once.ts";
import { readJson } from "../http/limits.ts";
import { notFound } from "../http/problem.ts";
import { scimUrlOf } from "../http/services.ts";
import type { RequestVariables, Services } from "../http/services.ts";
import type { DirectoryFilter } from "../store/model.ts";
import { parseBody } from "./bodies.ts";
import { directoryTypes } from "./directory-types.ts";
import { listBody, parsePageRequest, readPage } from "./paging.ts";
import { addScimSettingsRoutes, scimSettingsBody } from "./scim-settings.ts";

/** Body of `POST /directories`. */
export const directoryDraft = z.looseObject({
  name: z.string().trim().min(1).max(512),
  type: z.enum(directoryTypes),
  organization_id: z.string().min(1).optional(),
  soft_delete: z.boolean().optional(),
  scim: scimSettingsBody.optional(),
});

/**
 * `/directories`: list, get and delete as the service has them, and create, which is ours: the service makes
 * directories in its dashboard only. The bearer token is in the answer to the creation and nowhere else.
 */
export function directoryRoutes(services: Services): Hono<{ Variables: RequestVariables }> {
  const { store } = services;
  const app = new Hono<{ Variables: RequestVariables }>({ strict: false });
  app.post("/", async (context) => {
    const asked = await readJson(context.req.raw);
    const body = parseBody(directoryDraft, asked);
    const input = {
      name: body.name,
      type: body.type,
      softDelete: body.soft_delete ?? true,
      scimSettings: JSON.stringify(body.scim ?? {}),
      ...(body.organization_id === undefined ? {} : { organizationId: body.organization_id }),
    };
    return await createOnce(services, { context, body: asked }, async (data) => {
      const created = await createDirectory(data, services.ids, input);
      if (created === null) throw notFound("Organization", body.organization_id ?? "");
      const { directory, bearerToken } = created;
      const baseUrl = scimUrlOf(services, context.req.url, directory);
      return { ...toDirectory(directory), scim: { base_url: baseUrl, bearer_token: bearerToken } };
    });
  });
  app.get("/", async (context) => {
    const query = new URL(context.req.url).searchParams;
    const request = parsePageRequest(query);
    const page = await store.read(async (data) => {
      const organizationId = query.get("organization_id");
      const organization = organizationId === null ? undefined : await data.organizations.find(organizationId);
      // The seq of no organization: an unknown one owns no directories.
      const filter = filterOf(query, organizationId === null ? undefined : (organization?.seq ?? 0));
      return await readPage(data, { kind: "directory", request }, (window) => data.directories.list(filter, window));
    });
    const objects = page.rows.map((row) => JSON.stringify(toDirectory(row)));
    return context.body(listBody(objects, page.metadata), 200, { "Content-Type": "application/json" });
  });
  addScimSettingsRoutes(app, services);
  app.get("/:id", async (context) => {
    const id = context.req.param("id");
    const row = await store.read((data) => data.directories.find(id));
    if (row === undefined) throw notFound("Directory", id);
    return context.json(toDirectory(row));
  });
  app.delete("/:id", async (context) => {
    const id = context.req.param("id");
    if (!(await deleteDirectory(services, id))) throw notFound("Directory", id);
    return context.body(null, 202);
  });
  return app;
}

function filterOf(query: URLSearchParams, organizationSeq: number | undefined): DirectoryFilter {
  const search = query.get("search");
  const domain = query.get("domain");
  return {
    ...(organizationSeq === undefined ? {} : { organizationSeq }),
    ...(search === null ? {} : { nameContains: search }),
    ...(domain === null ? {} : { domain: domain.trim().toLowerCase() }),
  };
}
