import { getPathNoStrict } from "hono/utils/url";

/**
 * Where a request goes, with or without a slash at its end. A slash too many in a SCIM address counts as one: who pastes the address
 * with a slash behind it makes a provider ask for `//Users`, and be told that there is nothing.
 */
export function pathOf(request: Request): string {
  const path = getPathNoStrict(request);
  return path.startsWith("/scim/") && path.includes("//") ? path.replaceAll(/\/{2,}/gu, "/") : path;
}
