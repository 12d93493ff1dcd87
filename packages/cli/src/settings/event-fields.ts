/**
 * What conditions can ask an event for. What a sink does not want counts as finished, so a path that no event has would
 * lose everything without a word. Custom attributes have any names, and services add fields: only what cannot be meant is refused.
 */
import { nearest } from "./nearest.ts";

/** What stands in every event. */
const envelopeFields = ["object", "id", "event", "data", "created_at", "context"] as const;

/** What is in `data` of the events that we know: of users, groups, memberships, directories and tokens. */
export const dataFields: readonly string[] = [
  ...(["object", "id", "directory_id", "organization_id", "idp_id", "created_at", "updated_at"] as const),
  ...(["email", "first_name", "last_name", "name", "emails", "username", "job_title", "groups"] as const),
  ...(["state", "role", "roles", "custom_attributes", "raw_attributes", "previous_attributes"] as const),
  ...(["user", "group", "type", "external_key", "domains", "token_suffix"] as const),
];

/** What is wrong with a path of a condition; null when an event may have it. */
export function strangePath(path: readonly string[]): string | null {
  const [root = "", field] = path;
  const said = path.join(".");
  if (!(envelopeFields as readonly string[]).includes(root)) {
    const meant = dataFields.includes(root) ? `data.${said}` : "data.state";
    return `asks for ${said}, which no event has: what an event tells is in its data, as in ${meant}`;
  }
  if (root !== "data" || field === undefined || dataFields.includes(field)) return null;
  const meant = nearest(field, dataFields);
  if (meant === null) return null;
  return `asks for ${said}, which no event has. Did you mean ${["data", meant, ...path.slice(2)].join(".")}?`;
}
