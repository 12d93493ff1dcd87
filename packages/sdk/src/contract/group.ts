import { bag, literal, nullish, object, optional, text, type Check } from "./check.ts";

/** One group of a directory. Members are not embedded: list users with `group`. Fields this type does not name are kept. */
export interface DirectoryGroup {
  readonly object?: "directory_group" | undefined;
  readonly id: string;
  /** The provider's own id; for some providers it is the name, and a renamed group is then another group. */
  readonly idp_id?: string | null | undefined;
  readonly directory_id: string;
  readonly organization_id?: string | null | undefined;
  readonly name: string;
  /** @deprecated Empty since 2026-04-15. */
  readonly raw_attributes?: Readonly<Record<string, unknown>> | null | undefined;
  readonly created_at: string;
  readonly updated_at: string;
  readonly [field: string]: unknown;
}

/** Checks a group. */
export const groupCheck: Check<DirectoryGroup> = object({
  object: optional(literal("directory_group")),
  id: text,
  idp_id: nullish(text),
  directory_id: text,
  organization_id: nullish(text),
  name: text,
  raw_attributes: nullish(bag),
  created_at: text,
  updated_at: text,
});
