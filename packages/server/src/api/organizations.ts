import { Hono } from "hono";
import type * as z from "zod";
import { createOrganization } from "../directory/directory.ts";
import { changeOrganization, deleteOrganization } from "../directory/organization.ts";
import type { OrganizationChanges } from "../directory/organization.ts";
import { createOnce } from "../http/create-once.ts";
import { readJson } from "../http/limits.ts";
import { badRequest, notFound } from "../http/problem.ts";
import type { RequestVariables, Services } from "../http/services.ts";
import type { Data } from "../store/model.ts";
import type { OrganizationFilter } from "../store/organization-model.ts";
import type { OrganizationRow, StoredDomain } from "../store/tables.ts";
import { parseBody } from "./bodies.ts";
import { changedMetadata, domainsOf, organizationChanges, organizationDraft } from "./organization-bodies.ts";
import { listBody, parsePageRequest, readPage } from "./paging.ts";
import { valuesOf } from "./values.ts";

/** `/organizations`: create, list, get, get by external id, change and delete, as the service has them. */
export function organizationRoutes(services: Services): Hono<{ Variables: RequestVariables }> {
  const { store, ids } = services;
  const app = new Hono<{ Variables: RequestVariables }>({ strict: false });
  app.post("/", async (context) => {
    const asked = await readJson(context.req.raw);
    const { name, metadata, ...body } = parseBody(organizationDraft, asked);
    const externalId = body.external_id ?? null;
    const allowsOutsiders = body.allow_profiles_outside_organization ?? false;
    const input = { name, externalId, metadata: metadata ?? {}, domains: domainsOf(body), allowsOutsiders };
    return await createOnce(services, { context, body: asked }, async (data) => {
      await refuseTaken(data, { externalId, stripeCustomerId: null }, null);
      return toOrganization(await createOrganization(data, ids, input));
    });
  });
  app.get("/", async (context) => {
    const query = new URL(context.req.url).searchParams;
    const request = parsePageRequest(query);
    const page = await store.read((data) =>
      readPage(data, { kind: "organization", request }, (window) => data.organizations.list(filterOf(query), window)),
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
    return context.json(toOrganization(await store.read((data) => find(data, id))));
  });
  app.put("/:id", async (context) => {
    const id = context.req.param("id");
    const body = parseBody(organizationChanges, await readJson(context.req.raw));
    const row = await store.write(async (data) => {
      const organization = await find(data, id);
      const changes = changesOf(body, organization);
      await refuseTaken(data, changes, organization.seq);
      return await changeOrganization(data, ids, { organization, changes });
    });
    return context.json(toOrganization(row));
  });
  app.delete("/:id", async (context) => {
    const id = context.req.param("id");
    if (!(await deleteOrganization(services, id))) throw notFound("Organization", id);
    return context.body(null, 202);
  });
  return app;
}

function filterOf(query: URLSearchParams): OrganizationFilter {
  const search = query.get("search");
  const domains = valuesOf(query, "domains");
  return {
    ...(search === null ? {} : { nameContains: search }),
    ...(domains === null ? {} : { domains: domains.map((domain) => domain.toLowerCase()) }),
  };
}

async function find(data: Data, id: string): Promise<OrganizationRow> {
  const row = await data.organizations.find(id);
  if (row === undefined) throw notFound("Organization", id);
  return row;
}

/** What a body changes. Of these, null takes out and undefined leaves. */
function changesOf(body: z.infer<typeof organizationChanges>, { metadata }: OrganizationRow): OrganizationChanges {
  const isAboutDomains = (body.domain_data ?? body.domains ?? null) !== null;
  return {
    name: body.name,
    externalId: body.external_id,
    stripeCustomerId: body.stripe_customer_id,
    allowsOutsiders: body.allow_profiles_outside_organization ?? undefined,
    domains: isAboutDomains ? domainsOf(body) : undefined,
    metadata:
      body.metadata === undefined
        ? undefined
        : changedMetadata(JSON.parse(metadata) as Record<string, string>, body.metadata),
  };
}

/** @throws HttpProblem 400 for an id of the app or of Stripe that another organization has */
async function refuseTaken(
  data: Data,
  { externalId, stripeCustomerId }: Pick<OrganizationChanges, "externalId" | "stripeCustomerId">,
  ownSeq: number | null,
): Promise<void> {
  const isTaken = (owner: OrganizationRow | undefined): boolean => owner !== undefined && owner.seq !== ownSeq;
  // No organization has an empty one.
  if (isTaken(await data.organizations.findByExternalId(externalId ?? ""))) {
    throw badRequest("external_id_already_used", "Another organization has this external_id.");
  }
  if (isTaken(await data.organizations.findByStripeCustomerId(stripeCustomerId ?? ""))) {
    throw badRequest("stripe_customer_id_already_used", "Another organization has this stripe_customer_id.");
  }
}

function toOrganization(row: OrganizationRow) {
  return {
    object: "organization",
    id: row.id,
    name: row.name,
    domains: (JSON.parse(row.domains) as StoredDomain[]).map((domain) => toDomain(row, domain)),
    metadata: JSON.parse(row.metadata) as Record<string, string>,
    external_id: row.external_id,
    ...(row.stripe_customer_id === null ? {} : { stripe_customer_id: row.stripe_customer_id }),
    allow_profiles_outside_organization: row.allow_profiles_outside_organization === 1,
    created_at: row.created_at,
    updated_at: row.updated_at,
  };
}

function toDomain(row: OrganizationRow, domain: StoredDomain) {
  const { created_at, updated_at } = row;
  return { object: "organization_domain", ...domain, organization_id: row.id, created_at, updated_at };
}
