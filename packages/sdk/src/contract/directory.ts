import { literal, nullish, number, object, optional, text, type Check, type FieldChecks } from "./check.ts";

/** What a directory may be connected with, as far as the service has said (contract of `type`). */
export type DirectoryType =
  | "azure scim v2.0"
  | "bamboohr"
  | "breathe hr"
  | "cezanne hr"
  | "cyberark scim v2.0"
  | "fourth hr"
  | "generic scim v2.0"
  | "gsuite directory"
  | "hibob"
  | "jump cloud scim v2.0"
  | "okta scim v2.0"
  | "onelogin scim v2.0"
  | "people hr"
  | "personio"
  | "pingfederate scim v2.0"
  | "rippling scim v2.0"
  | "s3"
  | "sailpoint scim v2.0"
  | "sftp"
  | "sftp workday"
  | "workday";

/** Any type of a directory, with those we know offered by editors: new providers appear without notice. */
export type AnyDirectoryType = DirectoryType | (string & Record<never, never>);

/** How much a directory holds (`metadata` of GET /directories). */
export interface DirectoryCounts {
  readonly users: { readonly active: number; readonly inactive: number; readonly [field: string]: unknown };
  readonly groups: number;
  readonly [field: string]: unknown;
}

/**
 * One directory, as REST reads show it. Fields this type does not name are kept.
 *
 * `type` and `state` are open sets: new providers appear without notice. The same directory says `linked` here and
 * `active` in events (contract of GET /directories and of `dsync.activated`).
 */
export interface Directory {
  readonly object?: "directory" | undefined;
  readonly id: string;
  readonly organization_id?: string | null | undefined;
  /** Last segment of the directory's SCIM address. */
  readonly external_key?: string | undefined;
  /** The provider: a `DirectoryType`, or a word of later days. */
  readonly type: string;
  /** `linked`, `unlinked`, `validating`, `invalid_credentials`, `deleting`, or a word of later days. */
  readonly state: string;
  readonly name: string;
  /** @deprecated Domains belong to the organization. */
  readonly domain?: string | null | undefined;
  readonly metadata?: DirectoryCounts | undefined;
  readonly created_at: string;
  readonly updated_at: string;
  readonly [field: string]: unknown;
}

/** The states of a directory in one vocabulary, that of events. */
export type DirectoryState = "active" | "inactive" | "validating" | "invalid_credentials" | "deleting";

const states: readonly DirectoryState[] = ["active", "inactive", "validating", "invalid_credentials", "deleting"];

/**
 * The state of a directory, whichever of the two vocabularies it is told in: `linked` of a read and `active` of an event
 * are one state. Null for a word of later days; `state` itself stays as the service wrote it.
 */
export function directoryState(directory: { readonly state: string }): DirectoryState | null {
  const { state } = directory;
  // REST has other words for these two (contract of GET /directories and of `dsync.activated`).
  const word = state === "linked" ? "active" : state === "unlinked" ? "inactive" : state;
  return states.find((each) => each === word) ?? null;
}

/** What a provider is to be given: its SCIM address and its token. */
export interface ScimAccess {
  readonly base_url: string;
  /** A secret. */
  readonly bearer_token: string;
  readonly [field: string]: unknown;
}

/**
 * The answer to POST /directories, which only `@dirsync/server` has. The token is in this answer and nowhere else;
 * printing the object shows it masked.
 */
export interface CreatedDirectory extends Directory {
  readonly scim: ScimAccess;
}

/** A domain of an organization, as far as `dsync.activated` shows it. */
export interface EventDomain {
  readonly object?: string | undefined;
  readonly id?: string | undefined;
  readonly domain: string;
  readonly [field: string]: unknown;
}

/** One directory, as events show it: with other state words, and with the organization's domains on activation. */
export interface EventDirectory {
  readonly object?: "directory" | undefined;
  readonly id: string;
  readonly organization_id?: string | null | undefined;
  readonly type: string;
  /** `active`, `inactive`, `validating`, `invalid_credentials`, `deleting`, or a word of later days. */
  readonly state: string;
  readonly name: string;
  /** Only on activation. */
  readonly external_key?: string | undefined;
  /** Only on activation. */
  readonly domains?: readonly EventDomain[] | undefined;
  readonly created_at: string;
  readonly updated_at: string;
  readonly [field: string]: unknown;
}

const directoryFields: FieldChecks<Directory> = {
  object: optional(literal("directory")),
  id: text,
  organization_id: nullish(text),
  external_key: optional(text),
  type: text,
  state: text,
  name: text,
  domain: nullish(text),
  metadata: optional(
    object<DirectoryCounts>({
      users: object<DirectoryCounts["users"]>({ active: number, inactive: number }),
      groups: number,
    }),
  ),
  created_at: text,
  updated_at: text,
};

/** Checks a directory of a REST answer. */
export const directoryCheck: Check<Directory> = object(directoryFields);

/** Checks the answer to POST /directories. */
export const createdDirectoryCheck: Check<CreatedDirectory> = object({
  ...directoryFields,
  scim: object<ScimAccess>({ base_url: text, bearer_token: text }),
});
