import type { Hono } from "hono";
import * as z from "zod";
import { readJson } from "../http/limits.ts";
import { notFound } from "../http/problem.ts";
import { scimUrlOf } from "../http/services.ts";
import type { RequestVariables, Services } from "../http/services.ts";
import type { CustomAttribute, CustomSchema } from "../scim/schema/custom.ts";
import { isInheritedName } from "../scim/json.ts";
import { schemaByUrnOf } from "../scim/schema/schemas.ts";
import { policyOf, storedSettingsOf } from "../scim/settings.ts";
import type { StoredScimSettings } from "../scim/settings.ts";
import type { DirectoryRow } from "../store/tables.ts";
import { parseBody } from "./bodies.ts";

/** Most schemas of one directory, and most attributes of one schema: what a body may name is bounded as well. */
const [schemasMax, attributesMax] = [20, 100];

const text = z.string().trim().max(512);

// Without the flag for letter case, which JSON Schema has not: the OpenAPI document tells the pattern.
const attributeName = z
  .string()
  .regex(/^[A-Za-z][\w-]{0,63}$/u)
  .refine((name) => !isInheritedName(name), "This name is one that every object of JavaScript has.");

const characteristics = {
  name: attributeName,
  multiValued: z.boolean().optional(),
  description: text.optional(),
  required: z.boolean().optional(),
  caseExact: z.boolean().optional(),
  canonicalValues: z.array(text).max(attributesMax).optional(),
  referenceTypes: z.array(text).max(attributesMax).optional(),
  // Of these, a directory can have the defaults only; they may be said, so that a schema can be sent back as it was read.
  mutability: z.literal("readWrite").optional(),
  returned: z.literal("default").optional(),
  uniqueness: z.literal("none").optional(),
};

const simpleType = z.enum(["string", "boolean", "decimal", "integer", "dateTime", "reference", "binary"]);

const simpleAttribute = z.object({ ...characteristics, type: simpleType.optional() });

const attribute = z.union([
  simpleAttribute,
  z.object({
    ...characteristics,
    type: z.literal("complex"),
    subAttributes: z
      .array(simpleAttribute)
      .min(1)
      .max(attributesMax)
      .refine(haveNamesOfTheirOwn, "Two attributes have one name."),
  }),
]);

const customSchema = z.object({
  id: z
    .string()
    .max(200)
    .regex(/^[Uu][Rr][Nn]:[A-Za-z0-9][A-Za-z0-9-]{0,31}(?::[\w.-]+)+$/u)
    .refine(isFree, { message: "This URN belongs to a schema that every directory has." }),
  name: text.min(1),
  description: text.optional(),
  resourceType: z.enum(["User", "Group"]).default("User"),
  attributes: z.array(attribute).min(1).max(attributesMax).refine(haveNamesOfTheirOwn, "Two attributes have one name."),
});

const customSchemas = z
  .array(customSchema)
  .max(schemasMax)
  .refine(
    (schemas) => new Set(schemas.map(({ id }) => id.toLowerCase())).size === schemas.length,
    "Two schemas have one id.",
  )
  .transform((schemas): CustomSchema[] =>
    schemas.map((schema) => ({ ...schema, attributes: schema.attributes.map(withoutDefaults) })),
  );

const decisions = {
  mode: z.enum(["lenient", "strict"]).optional(),
  wrong_types: z.enum(["coerce", "refuse"]).optional(),
  nulls: z.enum(["unset", "refuse"]).optional(),
  shared_emails: z.enum(["allow", "refuse"]).optional(),
  created_inactive: z.enum(["hide", "refuse"]).optional(),
  omitted_on_put: z.enum(["keep", "clear"]).optional(),
  empty_members: z.enum(["list", "omit"]).optional(),
  missing_emails: z.enum(["refuse", "allow"]).optional(),
  unmatched_filters: z.enum(["create", "refuse"]).optional(),
  schemas: customSchemas.optional(),
};

/** What a caller may decide about the SCIM endpoint of a directory. Other fields pass, so that what was read can be sent back. */
export const scimSettingsBody: z.ZodType<StoredScimSettings> = z.object(decisions);

type ScimSettingsChanges = { readonly [Name in keyof StoredScimSettings]: StoredScimSettings[Name] | null };

/** Some of it: what is null is as the mode has it again, and a word that is none is refused. */
export const scimSettingsChanges: z.ZodType<ScimSettingsChanges> = z.strictObject({
  mode: decisions.mode.nullable(),
  wrong_types: decisions.wrong_types.nullable(),
  nulls: decisions.nulls.nullable(),
  shared_emails: decisions.shared_emails.nullable(),
  created_inactive: decisions.created_inactive.nullable(),
  omitted_on_put: decisions.omitted_on_put.nullable(),
  empty_members: decisions.empty_members.nullable(),
  missing_emails: decisions.missing_emails.nullable(),
  unmatched_filters: decisions.unmatched_filters.nullable(),
  schemas: decisions.schemas.nullable(),
});

/**
 * `/directories/:id/scim`, which is ours: where the SCIM endpoint of the directory is, and what the directory decides about it. A PUT replaces all of it; what
 * it leaves out is the default again. A PATCH leaves as it is what it does not name.
 */
export function addScimSettingsRoutes(app: Hono<{ Variables: RequestVariables }>, services: Services): void {
  const { store } = services;
  app.get("/:id/scim", async (context) => {
    const id = context.req.param("id");
    const directory = await store.read((data) => data.directories.find(id));
    if (directory === undefined) throw notFound("Directory", id);
    const baseUrl = scimUrlOf(services, context.req.url, directory);
    return context.json(shown(directory, baseUrl));
  });
  app.put("/:id/scim", async (context) => {
    const id = context.req.param("id");
    const settings = parseBody(scimSettingsBody, await readJson(context.req.raw));
    const directory = await decide(services, id, () => settings);
    return context.json(shown(directory, scimUrlOf(services, context.req.url, directory)));
  });
  app.patch("/:id/scim", async (context) => {
    const id = context.req.param("id");
    const changes = parseBody(scimSettingsChanges, await readJson(context.req.raw));
    const directory = await decide(services, id, (before) => changed(before, changes));
    return context.json(shown(directory, scimUrlOf(services, context.req.url, directory)));
  });
}

/** Stores what becomes of the settings that there are. */
async function decide(
  { store }: Services,
  id: string,
  settingsAfter: (before: StoredScimSettings) => StoredScimSettings,
): Promise<DirectoryRow> {
  return await store.write(async (data) => {
    const found = await data.directories.find(id);
    if (found === undefined) throw notFound("Directory", id);
    const settings = JSON.stringify(settingsAfter(storedSettingsOf(found)));
    await data.directories.setScimSettings(found.seq, settings);
    return { ...found, scim_settings: settings };
  });
}

function changed(before: StoredScimSettings, changes: ScimSettingsChanges): StoredScimSettings {
  const entries = Object.entries({ ...before, ...changes });
  return Object.fromEntries(entries.filter(([, value]) => value !== null));
}

function shown(directory: DirectoryRow, baseUrl: string): object {
  const settings = storedSettingsOf(directory);
  const { mode = "lenient", schemas = [] } = settings;
  return { object: "directory_scim_settings", base_url: baseUrl, mode, ...policyOf(settings), schemas };
}

function isFree(urn: string): boolean {
  const folded = urn.toLowerCase();
  const isOurs = folded.startsWith("urn:ietf:params:scim:schemas:core:") || folded.startsWith("urn:scim:schemas:");
  return !isOurs && schemaByUrnOf(urn, "User") === undefined;
}

function haveNamesOfTheirOwn(attributes: readonly { readonly name: string }[]): boolean {
  return new Set(attributes.map(({ name }) => name.toLowerCase())).size === attributes.length;
}

function withoutDefaults({
  mutability: _m,
  returned: _r,
  uniqueness: _u,
  ...rest
}: z.infer<typeof attribute>): CustomAttribute {
  return rest;
}
