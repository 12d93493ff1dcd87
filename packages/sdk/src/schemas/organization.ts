import * as z from "zod";

const domainSchema = z.looseObject({
  object: z.literal("organization_domain").optional(),
  id: z.string(),
  organization_id: z.string().optional(),
  domain: z.string(),
  state: z.string().optional(),
  verification_strategy: z.string().optional(),
  verification_prefix: z.string().optional(),
  verification_token: z.string().optional(),
  created_at: z.string().optional(),
  updated_at: z.string().optional(),
});

/** A customer of the app. */
export const organizationSchema = z.looseObject({
  object: z.literal("organization").optional(),
  id: z.string(),
  name: z.string(),
  domains: z.array(domainSchema).optional(),
  external_id: z.string().nullish(),
  stripe_customer_id: z.string().nullish(),
  metadata: z.record(z.string(), z.string()).optional(),
  allow_profiles_outside_organization: z.boolean().optional(),
  created_at: z.string(),
  updated_at: z.string(),
});
