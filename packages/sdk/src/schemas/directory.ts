import * as z from "zod";

/** A directory as the list and get endpoints show it. */
export const directorySchema = z.looseObject({
  object: z.literal("directory").optional(),
  id: z.string(),
  organization_id: z.string().nullish(),
  external_key: z.string().optional(),
  type: z.string(),
  state: z.string(),
  name: z.string(),
  domain: z.string().nullish(),
  metadata: z
    .looseObject({ users: z.looseObject({ active: z.number(), inactive: z.number() }), groups: z.number() })
    .optional(),
  created_at: z.string(),
  updated_at: z.string(),
});

/** The answer to POST /directories, which only `@dirsync/server` has. */
export const createdDirectorySchema = directorySchema.extend({
  scim: z.looseObject({ base_url: z.string(), bearer_token: z.string() }),
});

/** A directory inside an event: other state words, and the organization's domains on activation. */
export const eventDirectorySchema = z.looseObject({
  object: z.literal("directory").optional(),
  id: z.string(),
  organization_id: z.string().nullish(),
  type: z.string(),
  state: z.string(),
  name: z.string(),
  external_key: z.string().optional(),
  domains: z
    .array(z.looseObject({ object: z.string().optional(), id: z.string().optional(), domain: z.string() }))
    .optional(),
  created_at: z.string(),
  updated_at: z.string(),
});
