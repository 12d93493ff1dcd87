import * as z from "zod";
import { directoryGroupSchema } from "./group.ts";

const roleSchema = z.looseObject({ slug: z.string() });

const emailSchema = z.looseObject({
  primary: z.boolean().nullish(),
  type: z.string().nullish(),
  value: z.string().nullish(),
});

const addressSchema = z.looseObject({
  type: z.string().nullish(),
  street_address: z.string().nullish(),
  locality: z.string().nullish(),
  region: z.string().nullish(),
  postal_code: z.string().nullish(),
  country: z.string().nullish(),
  primary: z.boolean().nullish(),
  raw_address: z.string().nullish(),
});

/** The custom attributes whose names the service has fixed. `extend` it by those of an environment. */
export const predefinedAttributesSchema = z.looseObject({
  addresses: z.array(addressSchema).nullish(),
  cost_center_name: z.string().nullish(),
  department_name: z.string().nullish(),
  display_name: z.string().nullish(),
  division_name: z.string().nullish(),
  emails: z.array(emailSchema).nullish(),
  employee_number: z.string().nullish(),
  employee_type: z.string().nullish(),
  employment_start_date: z.string().nullish(),
  job_title: z.string().nullish(),
  manager_email: z.string().nullish(),
  manager_id: z.string().nullish(),
  manager_name: z.string().nullish(),
  organization: z.string().nullish(),
  username: z.string().nullish(),
});

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
  emails: z.array(emailSchema).nullish(),
  job_title: z.string().nullish(),
  username: z.string().nullish(),
  state: z.string(),
  raw_attributes: z.record(z.string(), z.unknown()).nullish(),
  custom_attributes: z.record(z.string(), z.unknown()).nullish(),
  role: roleSchema.nullish(),
  roles: z.array(roleSchema).nullish(),
  created_at: z.string(),
  updated_at: z.string(),
});

/** A user as the list and get endpoints show it. */
export const directoryUserWithGroupsSchema = directoryUserSchema.extend({
  groups: z.array(directoryGroupSchema).nullish(),
});
