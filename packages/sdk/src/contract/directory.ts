import * as z from "zod";

/**
 * A directory as the list and get endpoints show it. `type` and `state` are open sets: new providers appear without
 * notice. The same directory says `linked` here and `active` in events (contract of GET /directories and of
 * `dsync.activated`).
 */
export const directorySchema = z.looseObject({
  object: z.literal("directory"),
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

/** One directory, as REST reads show it. Fields this type does not name are kept. */
export type Directory = z.infer<typeof directorySchema>;

/**
 * The answer to POST /directories, which only `@dirsync/server` has. `scim` is what the provider is to be given; the
 * token is in this answer and nowhere else.
 */
export const createdDirectorySchema = directorySchema.extend({
  scim: z.looseObject({ base_url: z.string(), bearer_token: z.string() }),
});

/** A new directory with its SCIM address and token. `scim.bearer_token` is a secret. */
export type CreatedDirectory = z.infer<typeof createdDirectorySchema>;

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

/** One directory, as events show it. */
export type EventDirectory = z.infer<typeof eventDirectorySchema>;
