import { getPathNoStrict } from "hono/utils/url";

/**
 * Where a request goes, with or without a slash at its end. A slash too many in a SCIM address counts as one: who pastes the address
 * with a slash behind it makes a provider ask for `//Users`, and be told that there is nothing. The suffix `.scim` asks for the format
 * that there is anyway (RFC 7644 section 3.8).
 */
export function pathOf(request: Request): string {
  const path = getPathNoStrict(request);
  if (!path.startsWith("/scim/")) return path;
  const single = path.includes("//") ? path.replaceAll(/\/{2,}/gu, "/") : path;
  return single.endsWith(formatSuffix) ? single.slice(0, -formatSuffix.length) : single;
}

const formatSuffix = ".scim";
