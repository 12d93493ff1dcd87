import { list, literal, nullish, object, text, type Check } from "../contract/check.ts";

/** What a token may be used for: everything, or reading alone. */
export type ScimTokenScope = "provisioning" | "read_only";

/** A token that a provider authenticates with, without the token itself (GET /directories/:id/tokens of a Dirsync server). */
export interface ScimToken {
  readonly object: "directory_token";
  readonly id: string;
  readonly directory_id: string;
  readonly organization_id?: string | null | undefined;
  readonly name: string;
  /** `provisioning`, `read_only`, or a word of later days. */
  readonly scope: string;
  /** Its last characters; empty for one from before they were kept. */
  readonly token_suffix: string;
  /** To the minute; null for never. */
  readonly last_used_at?: string | null | undefined;
  /** When it ends by itself; null for never. */
  readonly expires_at?: string | null | undefined;
  readonly created_at: string;
  readonly [field: string]: unknown;
}

/** A token that has just been made. The token is in this answer and nowhere else; printing the object shows it masked. */
export interface CreatedScimToken extends ScimToken {
  /** A secret. */
  readonly token: string;
}

/** A token in the place of another. */
export interface RotatedScimToken extends CreatedScimToken {
  /** The other, and until when it works; null when it has ended. */
  readonly previous: { readonly id: string; readonly expires_at?: string | null | undefined };
}

/** A token to make. */
export interface ScimTokenDraft {
  /** Default `Token`. */
  readonly name?: string | undefined;
  /** Default `provisioning`. */
  readonly scope?: ScimTokenScope | undefined;
  /** From 60 to ten years' worth; default null, for no end. */
  readonly expires_in_seconds?: number | null | undefined;
}

const scimTokenFields = {
  object: literal("directory_token"),
  id: text,
  directory_id: text,
  organization_id: nullish(text),
  name: text,
  scope: text,
  token_suffix: text,
  last_used_at: nullish(text),
  expires_at: nullish(text),
  created_at: text,
} as const;

/** Checks the answer to GET /directories/:id/tokens. */
export const scimTokensCheck: Check<{ readonly data: readonly ScimToken[] }> = object({
  data: list(object<ScimToken>(scimTokenFields)),
});

/** Checks a token that has just been made. */
export const createdScimTokenCheck: Check<CreatedScimToken> = object({ ...scimTokenFields, token: text });

/** Checks a token in the place of another. */
export const rotatedScimTokenCheck: Check<RotatedScimToken> = object({
  ...scimTokenFields,
  token: text,
  previous: object<RotatedScimToken["previous"]>({ id: text, expires_at: nullish(text) }),
});
