import * as z from "zod";

/** A group of a directory. */
export const directoryGroupSchema = z.looseObject({
  object: z.literal("directory_group").optional(),
  id: z.string(),
  idp_id: z.string().nullish(),
  directory_id: z.string(),
  organization_id: z.string().nullish(),
  name: z.string(),
  raw_attributes: z.record(z.string(), z.unknown()).nullish(),
  created_at: z.string(),
  updated_at: z.string(),
});
