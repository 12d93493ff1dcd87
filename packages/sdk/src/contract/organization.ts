import { dictionary, flag, list, literal, nullish, object, optional, text, type Check } from "./check.ts";

/** A domain of an organization. */
export interface OrganizationDomain {
  readonly object?: "organization_domain" | undefined;
  readonly id: string;
  readonly organization_id?: string | undefined;
  readonly domain: string;
  /** `pending`, `verified`, `failed`, `unverified`, `legacy_verified`, or a word of later days. */
  readonly state?: string | undefined;
  readonly verification_strategy?: string | undefined;
  readonly verification_prefix?: string | undefined;
  /** What the DNS record must say; meant to be published. */
  readonly verification_token?: string | undefined;
  readonly created_at?: string | undefined;
  readonly updated_at?: string | undefined;
  readonly [field: string]: unknown;
}

/** One organization: a customer of the app. It owns any number of directories. Fields this type does not name are kept. */
export interface Organization {
  readonly object?: "organization" | undefined;
  readonly id: string;
  readonly name: string;
  readonly domains?: readonly OrganizationDomain[] | undefined;
  /** The app's own id of this customer. */
  readonly external_id?: string | null | undefined;
  readonly stripe_customer_id?: string | null | undefined;
  /** At most 50 keys of 40 characters, with values of 600. */
  readonly metadata?: Readonly<Record<string, string>> | undefined;
  /** @deprecated Superseded by domain policies. */
  readonly allow_profiles_outside_organization?: boolean | undefined;
  readonly created_at: string;
  readonly updated_at: string;
  readonly [field: string]: unknown;
}

const domainCheck = object<OrganizationDomain>({
  object: optional(literal("organization_domain")),
  id: text,
  organization_id: optional(text),
  domain: text,
  state: optional(text),
  verification_strategy: optional(text),
  verification_prefix: optional(text),
  verification_token: optional(text),
  created_at: optional(text),
  updated_at: optional(text),
});

/** Checks an organization. */
export const organizationCheck: Check<Organization> = object({
  object: optional(literal("organization")),
  id: text,
  name: text,
  domains: optional(list(domainCheck)),
  external_id: nullish(text),
  stripe_customer_id: nullish(text),
  metadata: optional(dictionary(text)),
  allow_profiles_outside_organization: optional(flag),
  created_at: text,
  updated_at: text,
});
