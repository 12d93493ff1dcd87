import { Hono } from "hono";
import * as z from "zod";
import { changeMapping } from "../directory/change-mapping.ts";
import { mappingOf } from "../directory/mapping.ts";
import { readJson } from "../http/limits.ts";
import { notFound, validationFailed } from "../http/problem.ts";
import type { RequestVariables, Services } from "../http/services.ts";
import { ScimError } from "../scim/error.ts";
import { parsePatchPath } from "../scim/patch/path.ts";
import { settingsOf } from "../scim/settings.ts";
import type { DirectoryRow } from "../store/tables.ts";
import { parseBody } from "./bodies.ts";

const slug = z.string().regex(/^[a-z0-9][a-z0-9_-]{0,62}$/);

// More attributes and groups than any directory we know of maps; each costs something for every user.
const attributesMax = 100;
const groupsMax = 500;

/** Body of `PATCH /directories/:id/mapping`. */
export const mappingChanges = z.strictObject({
  custom_attributes: z
    .record(z.string().regex(/^[a-z][a-z0-9_]{0,62}$/), z.string().min(1).max(512))
    .refine((mapping) => Object.keys(mapping).length <= attributesMax, `at most ${String(attributesMax)} attributes`)
    .optional(),
  role_assignment: z
    .strictObject({
      mode: z.enum(["single", "multiple"]).default("single"),
      default_role: slug.nullable().default(null),
      groups: z.array(z.strictObject({ group: z.string().min(1).max(512), role: slug })).max(groupsMax),
    })
    .nullable()
    .optional(),
});

/**
 * `/directories/:id/mapping`: how a directory's people are read. Ours alone: the service keeps this in its dashboard. A change is applied to everybody at once, before it is answered.
 */
export function directoryMappingRoutes(services: Services): Hono<{ Variables: RequestVariables }> {
  const app = new Hono<{ Variables: RequestVariables }>({ strict: false });
  app.get("/:id/mapping", async (context) =>
    context.json(mappingOf(await existing(services, context.req.param("id")))),
  );
  app.patch("/:id/mapping", async (context) => {
    const body = parseBody(mappingChanges, await readJson(context.req.raw));
    const directory = await existing(services, context.req.param("id"));
    assertPaths(directory, body.custom_attributes ?? {});
    const { custom_attributes: attributes, role_assignment: roles } = body;
    const mapping = await changeMapping(services, directory.seq, {
      ...(attributes === undefined ? {} : { custom_attributes: attributes }),
      ...(roles === undefined ? {} : { role_assignment: roles }),
    });
    return context.json(mapping);
  });
  return app;
}

async function existing({ store }: Services, id: string): Promise<DirectoryRow> {
  const directory = await store.read((data) => data.directories.find(id));
  if (directory === undefined) throw notFound("Directory", id);
  return directory;
}

/** A path that cannot be read would be null for everybody, for ever, without a word. */
function assertPaths(directory: DirectoryRow, mapping: Readonly<Record<string, string>>): void {
  const type = settingsOf(directory).types.User;
  const refused = Object.entries(mapping).flatMap(([name, path]) => {
    try {
      parsePatchPath(type, path, false);
      return [];
    } catch (error) {
      if (!(error instanceof ScimError)) throw error;
      return [{ code: "invalid_path", field: `custom_attributes.${name}`, message: error.message }];
    }
  });
  if (refused.length > 0) throw validationFailed(refused);
}
