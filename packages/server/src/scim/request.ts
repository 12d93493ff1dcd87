import type { Context } from "hono";
import { bodyBytesMax, jsonOf } from "../http/limits.ts";
import { readPackedText } from "../http/packed-body.ts";
import { profileOf } from "../profiles/index.ts";
import type { Scope, ScimEnv } from "./answers.ts";
import { ScimError } from "./error.ts";
import { preconditionsOf } from "./etag.ts";
import { projectionIn, refuseManyNames } from "./lists/projection.ts";
import type { Projection } from "./lists/projection.ts";
import type { TypeName } from "./model.ts";
import { searchQuery } from "./lists/search.ts";
import type { ChangeRequest, Dialect } from "./user-changes.ts";

/** The query of the address, without dialect. */
export function queryOf(context: Context<ScimEnv>): URLSearchParams {
  const { url } = context.req;
  // Most writes have none.
  if (!url.includes("?")) return new URLSearchParams();
  return profileOf(context.get("directory").type).query(new URL(url).searchParams);
}

/** The query that the body of a search stands for, likewise. @throws BodyError; scim_error 400 */
export async function searchOf(context: Context<ScimEnv>): Promise<URLSearchParams> {
  const query = profileOf(context.get("directory").type).query(searchQuery(await bodyOf(context)));
  refuseManyNames(query);
  return query;
}

/** The body, as it was parsed. Its text stays on the context, for the log of requests. @throws BodyError */
export async function bodyOf(context: Context<ScimEnv>): Promise<unknown> {
  const text = await readPackedText(context.req.raw, bodyBytesMax);
  context.set("requestText", text);
  return jsonOf(text);
}

/** Which attributes the address asks for. */
export function projectionOf(context: Context<ScimEnv>, name: TypeName): Projection {
  return projectionIn(queryOf(context), context.get("settings").types[name]);
}

/** The directory of the request. */
export function scopeOf(context: Context<ScimEnv>): Scope {
  return {
    directorySeq: context.get("directory").seq,
    scimUrl: context.get("scimUrl"),
    settings: context.get("settings"),
  };
}

/** Refuses a method that an address does not have, naming those it has (RFC 9110 section 15.5.6). */
export function onlyMethods(allowed: string): () => never {
  return () => {
    throw new ScimError(`This address takes ${allowed}.`, { status: 405, allow: allowed });
  };
}

/** How bodies of the directory of the request are read. */
export function dialectOf(context: Context<ScimEnv>): Dialect {
  return { profile: profileOf(context.get("directory").type), settings: context.get("settings") };
}

/** What a request to change this resource says beside its body. */
export function changeRequestOf(context: Context<ScimEnv>, id: string): ChangeRequest {
  return { id, preconditions: preconditionsOf(context.req.raw) };
}
