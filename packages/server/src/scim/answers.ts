import type { Context } from "hono";
import { displayOf, resourceOf } from "../directory/columns.ts";
import type { RequestVariables } from "../http/services.ts";
import type { NamedMember } from "../store/model.ts";
import type { GroupRow, UserRow } from "../store/tables.ts";
import type { AdmittingDirectory } from "../store/token-model.ts";
import { etagOf } from "./etag.ts";
import type { Versioned } from "./etag.ts";
import { project } from "./lists/projection.ts";
import type { Projection } from "./lists/projection.ts";
import { schemasOf } from "./resource.ts";
import type { TypeName } from "./model.ts";
import type { ScimSettings } from "./settings.ts";

/** The directory that a SCIM request is about, and the address it is served under. */
export interface Scope {
  readonly directorySeq: number;
  readonly scimUrl: string;
  readonly settings: ScimSettings;
}

/** What SCIM handlers find on their context. */
export interface ScimVariables extends RequestVariables {
  /** The directory the bearer token belongs to. Stale by the time a change runs: changes load it again. */
  directory: AdmittingDirectory;
  /** Address of the directory's SCIM endpoint, without a slash at the end. */
  scimUrl: string;
  /** What the directory has decided about its endpoint. */
  settings: ScimSettings;
  /** Of the body, once it was read. */
  requestText?: string;
  /** Of the answer, where it is a document that was made whole. */
  responseText?: string;
}

/** The type of a SCIM handler's context. */
export type ScimEnv = { Variables: ScimVariables };

/** A resource as SCIM shows it. */
export type ScimBody = Record<string, unknown>;

/** Answers with a SCIM document (RFC 7644 section 3.1). */
export function scimAnswer(
  context: Context<ScimEnv>,
  body: unknown,
  { status = 200, headers = {} }: { status?: number; headers?: Readonly<Record<string, string>> } = {},
): Response {
  return textAnswer(context, JSON.stringify(body), { status, headers });
}

function textAnswer(
  context: Context<ScimEnv>,
  text: string,
  { status, headers }: { status: number; headers: Readonly<Record<string, string>> },
): Response {
  context.set("responseText", text);
  // Made here and not by the context, which would go over the headers once for itself and once for each of its layers.
  context.set("isNamed", true);
  return new Response(text, {
    status,
    headers: { ...headers, "Content-Type": "application/scim+json", "X-Request-ID": context.get("requestId") },
  });
}

/** Answers with one resource, its address and its version. */
export function resourceAnswer(
  context: Context<ScimEnv>,
  body: ScimBody,
  { projection, status = 200 }: { projection: Projection; status?: number },
): Response {
  const { location, version } = body["meta"] as { location: string; version: string };
  return scimAnswer(context, project(body, projection), { status, headers: resourceHeaders(location, version) });
}

/** The headers of an answer that shows a resource. `meta.location` is to be the same as Content-Location (RFC 7643 section 3.1). */
export function resourceHeaders(location: string, version: string): Readonly<Record<string, string>> {
  return { Location: location, "Content-Location": location, ETag: version };
}

/** Answers with a whole user. What is stored of it goes into the text as it is, which is much quicker than to read it first. */
export function userAnswer(
  context: Context<ScimEnv>,
  user: UserRow,
  { scimUrl, status }: { scimUrl: string; status: number },
): Response {
  const location = userUrl(scimUrl, user);
  return textAnswer(context, userText(user, scimUrl), { status, headers: resourceHeaders(location, etagOf(user)) });
}

/** The text of `userBody` without groups. */
export function userText(user: UserRow, scimUrl: string): string {
  // Only extensions add to the schemas.
  const parsed = /"urn:/iu.test(user.resource) ? resourceOf(user) : {};
  const head = JSON.stringify({ schemas: schemasOf("User", parsed), id: user.id }).slice(0, -1);
  const attributes = user.resource === "{}" ? "" : `,${user.resource.slice(1, -1)}`;
  const meta = JSON.stringify(metaOf(user, { type: "User", location: userUrl(scimUrl, user) }));
  return `${head}${attributes},"meta":${meta}}`;
}

/** Answers without a body, with the version of what the request was about. */
export function emptyAnswer(context: Context<ScimEnv>, row: Versioned, status: 204 | 304): Response {
  return context.body(null, status, { ETag: etagOf(row) });
}

/** A user as SCIM shows it. Without `groups` where nobody asked. */
export function userBody(user: UserRow, scimUrl: string, groups: readonly GroupRow[] | null = null): ScimBody {
  const resource = resourceOf(user);
  return {
    schemas: schemasOf("User", resource),
    id: user.id,
    ...resource,
    ...(groups === null ? {} : { groups: groups.map((group) => groupOfUser(group, scimUrl)) }),
    meta: metaOf(user, { type: "User", location: userUrl(scimUrl, user) }),
  };
}

function userUrl(scimUrl: string, user: { readonly id: string }): string {
  return `${scimUrl}/Users/${user.id}`;
}

function groupOfUser(group: GroupRow, scimUrl: string): ScimBody {
  return {
    value: group.id,
    $ref: groupUrl({ scimUrl }, group),
    display: resourceOf(group)["displayName"],
    type: "direct",
  };
}

/** The address of a group. */
export function groupUrl({ scimUrl }: Pick<Scope, "scimUrl">, group: { readonly id: string }): string {
  return `${scimUrl}/Groups/${group.id}`;
}

/** A group as SCIM shows it. Without `members` where nobody wants them; where there are none, as the directory decides. */
export function groupBody(
  group: GroupRow,
  { scimUrl, settings }: Scope,
  members: readonly ScimBody[] | null,
): ScimBody {
  const isOmitted = members === null || (members.length === 0 && settings.policy.empty_members === "omit");
  const resource = resourceOf(group);
  return {
    schemas: schemasOf("Group", resource),
    id: group.id,
    ...resource,
    ...(isOmitted ? {} : { members }),
    meta: metaOf(group, { type: "Group", location: groupUrl({ scimUrl }, group) }),
  };
}

/** A member of a group as SCIM shows it. */
export function memberBody(member: NamedMember, scimUrl: string): ScimBody {
  const display = displayOf(resourceOf(member));
  return {
    value: member.id,
    $ref: userUrl(scimUrl, member),
    ...(display === null ? {} : { display }),
  };
}

function metaOf(
  row: Versioned & { readonly created_at: string },
  { type, location }: { type: TypeName; location: string },
): ScimBody {
  return { resourceType: type, created: row.created_at, lastModified: row.modified_at, location, version: etagOf(row) };
}
