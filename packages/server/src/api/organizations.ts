import { Hono } from "hono";
import * as z from "zod";
import { createOrganization } from "../directory/directory.ts";
import { createOnce } from "../http/create-once.ts";
import { readJson } from "../http/limits.ts";
import { badRequest, notFound } from "../http/problem.ts";
import type { RequestVariables, Services } from "../http/services.ts";
import type { OrganizationRow, StoredDomain } from "../store/tables.ts";
import { parseBody } from "./bodies.ts";
import { listBody, parsePageRequest, readPage } from "./paging.ts";

// The longest name DNS has (RFC 1035 section 2.3.4). Letter case means nothing in one.
const domainSchema = z.string().trim().toLowerCase().min(1).max(253);

// More than any customer owns; it bounds what an answer holds.
const domainsMax = 1_000;

/** Body of `POST /organizations`, with the bounds of the contract of organizations. */
export const organizationDraft = z.looseObject({
  name: z.string().trim().min(1).max(512),
  external_id: z.string().min(1).max(128).nullish(),
  metadata: z
    .record(z.string().max(40), z.string().max(600))
    .refine((metadata) => Object.keys(metadata).length <= 50, "at most 50 keys")
    .nullish(),
  domain_data: z
    .array(z.looseObject({ domain: domainSchema, state: z.enum(["pending", "verified"]) }))
    .max(domainsMax)
    .nullish(),
  domains: z.array(domainSchema).max(domainsMax).nullish(),
});

/** `/organizations`: create, get, get by external id, list. */
export function organizationRoutes(services: Services): Hono<{ Variables: RequestVariables }> {
  const { store, ids } = services;
  const app = new Hono<{ Variables: RequestVariables }>({ strict: false });
  app.post("/", async (context) => {
    const asked = await readJson(context.req.raw);
    const body = parseBody(organizationDraft, asked);
    const externalId = body.external_id ?? null;
    const input = { name: body.name, externalId, metadata: body.metadata ?? {}, domains: domainsOf(body) };
    return await createOnce(services, { context, body: asked }, async (data) => {
      if (externalId !== null && (await data.organizations.findByExternalId(externalId)) !== undefined) {
        throw badRequest("external_id_already_used", "Another organization has this external_id.");
      }
      return toOrganization(await createOrganization(data, ids, input));
    });
  });
  app.get("/", async (context) => {
    const query = new URL(context.req.url).searchParams;
    const request = parsePageRequest(query);
    const search = query.get("search");
    const filter = search === null ? {} : { nameContains: search };
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

/** Each domain once, as it is named first: `domains` is the deprecated form of `domain_data` and says no state. */
function domainsOf(body: z.infer<typeof organizationDraft>): Omit<StoredDomain, "id">[] {
  const domains = new Map<string, Omit<StoredDomain, "id">>();
  const stated = (body.domain_data ?? []).map(({ domain, state }) => ({ domain, state }));
  for (const one of [...stated, ...(body.domains ?? []).map((domain) => ({ domain }))]) {
    if (!domains.has(one.domain)) domains.set(one.domain, one);
  }
  return [...domains.values()];
}

function toOrganization(row: OrganizationRow) {
  return {
    object: "organization",
    id: row.id,
    name: row.name,
    domains: (JSON.parse(row.domains) as StoredDomain[]).map((domain) => toDomain(row, domain)),
    metadata: JSON.parse(row.metadata) as Record<string, string>,
    external_id: row.external_id,
    allow_profiles_outside_organization: false,
    created_at: row.created_at,
    updated_at: row.updated_at,
  };
}

function toDomain(row: OrganizationRow, domain: StoredDomain) {
  const { created_at, updated_at } = row;
  return { object: "organization_domain", ...domain, organization_id: row.id, created_at, updated_at };
}
