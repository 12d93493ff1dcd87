import { bag, list, object, text, type Check } from "../contract/check.ts";

/** Where a directory's SCIM endpoint is, and what the directory decides about it (GET /directories/:id/scim). */
export interface ScimSettings extends Readonly<Record<ScimPolicyName, string>> {
  /** What to give to the provider, beside a token. */
  readonly base_url: string;
  /** `lenient`, `strict`, or a word of later days. */
  readonly mode: string;
  /** Schemas beside the core and enterprise ones, as SCIM defines them (RFC 7643 section 7). */
  readonly schemas: readonly Readonly<Record<string, unknown>>[];
  readonly [field: string]: unknown;
}

type ScimPolicyName =
  | "wrong_types"
  | "nulls"
  | "shared_emails"
  | "created_inactive"
  | "omitted_on_put"
  | "empty_members"
  | "missing_emails"
  | "unmatched_filters";

/** What a directory is to decide about its SCIM endpoint. What is absent is as the mode has it. */
export interface ScimSettingsDraft {
  /** Default `lenient`. */
  readonly mode?: "lenient" | "strict" | undefined;
  /** Values of a wrong type in a POST or PUT, such as `"True"` for a boolean. */
  readonly wrong_types?: "coerce" | "refuse" | undefined;
  /** `null` in a POST or PUT. */
  readonly nulls?: "unset" | "refuse" | undefined;
  /** One primary e-mail address of several active users. */
  readonly shared_emails?: "allow" | "refuse" | undefined;
  /** A user created inactive where inactive users do not stay. */
  readonly created_inactive?: "hide" | "refuse" | undefined;
  /** `active`, `externalId` and `members` that a PUT leaves out. */
  readonly omitted_on_put?: "keep" | "clear" | undefined;
  /** The members of an empty group in an answer. */
  readonly empty_members?: "list" | "omit" | undefined;
  /** A user with neither an e-mail address nor a userName that is one. */
  readonly missing_emails?: "refuse" | "allow" | undefined;
  /** A PATCH whose filter selects nothing and says what to create. */
  readonly unmatched_filters?: "create" | "refuse" | undefined;
  readonly schemas?: readonly object[] | undefined;
}

/** What is to change of it. What is absent stays, and what is null is as the mode has it again. */
export type ScimSettingsChanges = { readonly [Name in keyof ScimSettingsDraft]: ScimSettingsDraft[Name] | null };

/** Checks the answer to GET, PUT and PATCH /directories/:id/scim. */
export const scimSettingsCheck: Check<ScimSettings> = object({
  base_url: text,
  mode: text,
  wrong_types: text,
  nulls: text,
  shared_emails: text,
  created_inactive: text,
  omitted_on_put: text,
  empty_members: text,
  missing_emails: text,
  unmatched_filters: text,
  schemas: list(bag),
});
