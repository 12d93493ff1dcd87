/** Calls as a template writes them. */
import { ApiError } from "@dirsync/sdk";
import { equalsFilter } from "../client.ts";
import type { ScimCall, ScimClient } from "../client.ts";
import { patchSchema } from "../schemas.ts";
import type { MatchBy } from "./template.ts";

/** One entry of a PATCH request's `Operations`. */
export interface Operation {
  readonly op: string;
  readonly path?: string;
  readonly value?: unknown;
}

/** The part of a call that a PATCH decides. */
export function patch(path: string, operations: readonly Operation[]): Omit<ScimCall, "purpose" | "subject"> {
  return { method: "PATCH", path, body: { schemas: [patchSchema], Operations: operations }, accept: [200, 204] };
}

/** True for an answer that says that the name is taken. */
export function isConflict(error: unknown): boolean {
  return error instanceof ApiError && error.status === 409;
}

// A page of a provider that reads all of them. SailPoint's and PingFederate's default.
const pageSize = 100;
// So that a server which always answers with a full page cannot keep a scenario for ever.
const pagesMax = 1_000;

/** The id of the user or group with this name; null when the server has none. Okta and OneLogin take a 404 for none. */
export async function findRemote(
  client: ScimClient,
  { type, name, by }: { readonly type: "Users" | "Groups"; readonly name: string; readonly by: MatchBy },
): Promise<string | null> {
  const attribute = type === "Users" ? "userName" : "displayName";
  const call = { purpose: "search for", subject: name, method: "GET", accept: [200, 404] } as const;
  if (by === "pages") {
    const folded = name.toLowerCase();
    let startIndex = 1;
    for (let page = 0; page < pagesMax; page += 1) {
      const path = `/${type}?startIndex=${String(startIndex)}&count=${String(pageSize)}`;
      const answer = await client.call({ ...call, path, accept: [200] });
      const resources = answer.list();
      const match = resources.find((resource) => String(resource[attribute]).toLowerCase() === folded);
      if (match !== undefined) return match.id;
      startIndex += resources.length;
      // A server may send less than was asked for, so only its total says which page is the last.
      if (resources.length === 0 || startIndex > answer.total()) return null;
    }
    return null;
  }
  const path =
    by === "form filter"
      ? `/${type}?${new URLSearchParams({ filter: `${attribute} eq ${JSON.stringify(name)}` }).toString()}&`
      : `/${type}?filter=${equalsFilter(attribute, name)}`;
  const answer = await client.call({ ...call, path });
  return answer.status === 404 ? null : (answer.list()[0]?.id ?? null);
}
