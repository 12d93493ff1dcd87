import * as z from "zod";
import { directoryGroupSchema } from "./group.ts";

const roleSchema = z.looseObject({ slug: z.string() });

/** A person in a directory, as events show it. */
export const directoryUserSchema = z.looseObject({
  object: z.literal("directory_user").optional(),
  id: z.string(),
  directory_id: z.string(),
  organization_id: z.string().nullish(),
  idp_id: z.string().nullish(),
  email: z.string().nullish(),
  first_name: z.string().nullish(),
  last_name: z.string().nullish(),
  name: z.string().nullish(),
  emails: z
    .array(z.looseObject({ primary: z.boolean().nullish(), type: z.string().nullish(), value: z.string().nullish() }))
    .optional(),
  job_title: z.string().nullish(),
  username: z.string().nullish(),
  state: z.string(),
  raw_attributes: z.record(z.string(), z.unknown()).optional(),
  custom_attributes: z.record(z.string(), z.unknown()).optional(),
  role: roleSchema.nullish(),
  roles: z.array(roleSchema).nullish(),
  created_at: z.string(),
  updated_at: z.string(),
});

/** A user as the list and get endpoints show it. */
export const directoryUserWithGroupsSchema = directoryUserSchema.extend({
  groups: z.array(directoryGroupSchema).optional(),
});
