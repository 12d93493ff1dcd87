import * as z from "zod";

/** A customer of the app. It owns any number of directories. */
export const organizationSchema = z.looseObject({
  object: z.literal("organization"),
  id: z.string(),
  name: z.string(),
  domains: z.array(z.looseObject({ id: z.string(), domain: z.string() })).optional(),
  external_id: z.string().nullish(),
  metadata: z.record(z.string(), z.string()).optional(),
  created_at: z.string(),
  updated_at: z.string(),
});

/** One organization. Fields this type does not name are kept. */
export type Organization = z.infer<typeof organizationSchema>;
