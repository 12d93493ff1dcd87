import { Hono } from "hono";
import * as z from "zod";
import { createOrganization } from "../directory/directory.ts";
import { readJson } from "../http/limits.ts";
import { badRequest, notFound } from "../http/problem.ts";
import type { RequestVariables, Services } from "../http/services.ts";
import type { OrganizationRow } from "../store/tables.ts";
import { parseBody } from "./bodies.ts";
import { listBody, parsePageRequest, readPage } from "./paging.ts";

// Bounds of the contract of organizations.
const bodySchema = z.looseObject({
  name: z.string().trim().min(1).max(512),
  external_id: z.string().min(1).max(128).nullish(),
  metadata: z
    .record(z.string().max(40), z.string().max(600))
    .refine((metadata) => Object.keys(metadata).length <= 50, "at most 50 keys")
    .nullish(),
});

/** `/organizations`: create, get, get by external id, list. */
export function organizationRoutes(services: Services): Hono<{ Variables: RequestVariables }> {
  const { store, ids } = services;
  const app = new Hono<{ Variables: RequestVariables }>({ strict: false });
  app.post("/", async (context) => {
    const body = parseBody(bodySchema, await readJson(context.req.raw));
    const externalId = body.external_id ?? null;
    const row = await store.write(async (data) => {
      if (externalId !== null && (await data.organizations.findByExternalId(externalId)) !== undefined) {
        throw badRequest("external_id_already_used", "Another organization has this external_id.");
      }
      return await createOrganization(data, ids, { name: body.name, externalId, metadata: body.metadata ?? {} });
    });
    return context.json(toOrganization(row), 201);
  });
  app.get("/", async (context) => {
    const query = new URL(context.req.url).searchParams;
    const request = parsePageRequest(query);
    const search = query.get("search");
    const filter = search === null ? {} : { nameContains: search.toLowerCase() };
    const page = await store.read((data) =>
      readPage(data, { kind: "organization", request }, (window) => data.organizations.list(filter, window)),
    );
    const objects = page.rows.map((row) => JSON.stringify(toOrganization(row)));
    return context.body(listBody(objects, page.metadata), 200, { "Content-Type": "application/json" });
  });
  app.get("/external_id/:external_id", async (context) => {
    const externalId = context.req.param("external_id");
    const row = await store.read((data) => data.organizations.findByExternalId(externalId));
    if (row === undefined) throw notFound("Organization", externalId);
    return context.json(toOrganization(row));
  });
  app.get("/:id", async (context) => {
    const id = context.req.param("id");
    const row = await store.read((data) => data.organizations.find(id));
    if (row === undefined) throw notFound("Organization", id);
    return context.json(toOrganization(row));
  });
  return app;
}

function toOrganization(row: OrganizationRow) {
  return {
    object: "organization",
    id: row.id,
    name: row.name,
    domains: [],
    metadata: JSON.parse(row.metadata) as Record<string, string>,
    external_id: row.external_id,
    allow_profiles_outside_organization: false,
    created_at: row.created_at,
    updated_at: row.updated_at,
  };
}
