import { parseAttributePath, resolvePath, type ResolvedPath } from "../schema/attribute-path.ts";
import { badRequest } from "../error.ts";
import { parseBracketFilter, type Filter } from "../filter/parse.ts";
import type { ResourceType } from "../model.ts";

/** What a PATCH operation does. */
export type PatchVerb = "add" | "replace" | "remove";

/** What one PATCH operation aims at: an attribute or sub-attribute, narrowed to the elements that meet `where`. */
export interface PatchTarget extends ResolvedPath {
  readonly where: Filter | null;
}

/**
 * Reads the `path` of a PATCH operation (RFC 7644 section 3.5.2, figure 7): `attribute`, `attribute.sub`,
 * `attribute[filter]`, `attribute[filter].sub`, each with or without a schema URN, or a schema URN alone.
 *
 * @throws scim_error 400 invalidPath, or invalidFilter for what stands between the brackets (RFC 7644 table 9)
 */
export function parsePatchPath(type: ResourceType, path: string, valueIsObject: boolean): PatchTarget {
  const text = path.trim();
  const bracketAt = text.indexOf("[");
  if (bracketAt === -1) {
    return { ...resolvePath(type, parseAttributePath(text, "invalidPath", { type, valueIsObject })), where: null };
  }
  const named = parseAttributePath(text.slice(0, bracketAt), "invalidPath", { type });
  const { where, end } = parseBracketFilter(text, bracketAt);
  const rest = text.slice(end);
  if (named.sub !== null || (rest !== "" && !rest.startsWith("."))) {
    throw badRequest("invalidPath", "A path with a filter has the form attribute[filter] or attribute[filter].sub.");
  }
  const sub = rest === "" ? null : parseAttributePath(rest.slice(1), "invalidPath").attribute;
  const target = resolvePath(type, { ...named, sub });
  if (target.definition?.multiValued === false) {
    throw badRequest("invalidPath", `'${target.definition.name}' is not a list, so a path cannot filter it.`);
  }
  return { ...target, where };
}
