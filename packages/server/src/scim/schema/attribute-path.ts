import { badRequest } from "../error.ts";
import { isInheritedName } from "../json.ts";
import type { ResourceType } from "../model.ts";
import type { AttributeDefinition } from "./definition.ts";
import { coreAttribute, isCoreUrn, schemaByUrnOf, schemasOfPaths } from "./schemas.ts";

/**
 * Names an attribute, as in `name.familyName` or `urn:…:2.0:User:manager.value`. A schema URN without an attribute
 * means the whole extension; `schema` is null for core attributes, with or without their URN.
 */
export interface AttributePath {
  readonly schema: string | null;
  readonly attribute: string | null;
  readonly sub: string | null;
}

/** A path with names in the schema's spelling, and what the schema says about it; null where it says nothing. */
export interface ResolvedPath extends AttributePath {
  readonly definition: AttributeDefinition | null;
  readonly subDefinition: AttributeDefinition | null;
}

/** Why a path is being read: decides the `scimType` of a refusal. */
export type PathUse = "invalidPath" | "invalidFilter";

/** What helps to read a path. */
export interface PathReading {
  /** Whose schemas the path may name. Default: those of every directory. */
  readonly type?: ResourceType;
  /** True when what the path is given is an object. Default: false. */
  readonly valueIsObject?: boolean;
}

/**
 * Reads an attribute path without a value filter.
 *
 * A known schema is recognised in any letter case and may be followed by `:` or `.`. Of an unknown URN, the part after
 * the last colon is the attribute, unless the URN reads like a whole schema (see `splitUnknownUrn`).
 *
 * @throws scim_error 400 with the given reason
 */
export function parseAttributePath(
  text: string,
  use: PathUse,
  { type = "User", valueIsObject = false }: PathReading = {},
): AttributePath {
  if (text === "") throw refused(use, "is empty");
  const { schema, rest } = splitSchema(text, type, valueIsObject);
  if (rest === "") return { schema, attribute: null, sub: null };
  const [attribute, sub, ...more] = rest.split(".");
  if (attribute === undefined || more.length > 0) throw refused(use, "goes deeper than attribute.subAttribute");
  assertName(attribute, use);
  if (sub !== undefined) assertName(sub, use);
  return { schema, attribute, sub: sub ?? null };
}

/** Looks a path up in the schemas. An unknown name resolves to itself, without a definition. */
export function resolvePath(type: ResourceType, path: AttributePath): ResolvedPath {
  const definition = path.attribute === null ? null : (definitionOf(type, path.schema, path.attribute) ?? null);
  const subDefinition = path.sub === null ? null : (definition?.byName.get(path.sub.toLowerCase()) ?? null);
  return {
    schema: path.schema,
    attribute: definition?.name ?? path.attribute,
    sub: subDefinition?.name ?? path.sub,
    definition,
    subDefinition,
  };
}

/** True for text that begins with a schema URN rather than with an attribute. */
export function startsWithUrn(text: string): boolean {
  // The colon is looked at first because this runs for every name of every body.
  return text.charAt(3) === ":" && text.slice(0, 3).toLowerCase() === "urn";
}

function definitionOf(type: ResourceType, schema: string | null, name: string): AttributeDefinition | undefined {
  return schema === null ? coreAttribute(type, name) : schemaByUrnOf(schema, type)?.byName.get(name.toLowerCase());
}

function splitSchema(
  text: string,
  type: ResourceType,
  valueIsObject: boolean,
): { schema: string | null; rest: string } {
  if (!startsWithUrn(text)) return { schema: null, rest: text };
  const folded = text.toLowerCase();
  let longest: string | null = null;
  for (const { id } of schemasOfPaths(type)) {
    if (!folded.startsWith(id.toLowerCase())) continue;
    const separator = text.charAt(id.length);
    const isWhole = separator === "" || separator === ":" || separator === ".";
    // One URN may go on where another ends.
    if (isWhole && id.length > (longest ?? "").length) longest = id;
  }
  if (longest === null) return splitUnknownUrn(text, valueIsObject);
  return { schema: isCoreUrn(longest) ? null : longest, rest: text.slice(longest.length + 1) };
}

/**
 * Nobody registers the URNs of custom extensions, so only their shape tells `urn:acme:2.0:User` (a schema) from
 * `urn:acme:2.0:User:badge` (an attribute): schemas end with a resource type or a version. In between, a value that is
 * an object is taken for the content of the whole schema.
 */
function splitUnknownUrn(urn: string, valueIsObject: boolean): { schema: string; rest: string } {
  const lastColon = urn.lastIndexOf(":");
  const prefix = urn.slice(0, lastColon);
  const last = urn.slice(lastColon + 1);
  const dot = last.indexOf(".");
  if (dot > 0 && isTypeName(last.slice(0, dot))) {
    return { schema: urn.slice(0, lastColon + 1 + dot), rest: last.slice(dot + 1) };
  }
  const isWhole = endsLikeSchema(last) || (valueIsObject && !endsLikeSchema(prefix.slice(prefix.lastIndexOf(":") + 1)));
  return isWhole ? { schema: urn, rest: "" } : { schema: prefix, rest: last };
}

function endsLikeSchema(segment: string): boolean {
  return isTypeName(segment) || isVersion(segment);
}

function isTypeName(segment: string): boolean {
  const folded = segment.toLowerCase();
  return folded.endsWith("user") || folded.endsWith("group");
}

function isVersion(segment: string): boolean {
  return segment !== "" && everyCode(segment, (code) => code === dot || isDigit(code));
}

function assertName(name: string, use: PathUse): void {
  if (isInheritedName(name)) throw refused(use, "uses a reserved name");
  const first = name.charCodeAt(0);
  if (name === "" || isDigit(first) || first === hyphen || !everyCode(name, isNameCode)) {
    throw refused(use, "is not attribute, attribute.subAttribute or schema:attribute");
  }
}

/** Character by character, because a list of characters for every name would cost more than the rest of the parsing. */
function everyCode(text: string, test: (code: number) => boolean): boolean {
  for (let index = 0; index < text.length; index += 1) {
    if (!test(text.charCodeAt(index))) return false;
  }
  return true;
}

/** RFC 7643 section 2.1 allows letters, digits, `-` and `_`; `$` is for `$ref`. */
function isNameCode(code: number): boolean {
  return isLetter(code) || isDigit(code) || code === underscore || code === hyphen || code === dollar;
}

function isDigit(code: number): boolean {
  return code >= 0x30 && code <= 0x39;
}

function isLetter(code: number): boolean {
  // Setting this bit folds ASCII capitals onto small letters.
  const folded = code | 0x20;
  return folded >= 0x61 && folded <= 0x7a;
}

const [dollar, hyphen, dot, underscore] = [0x24, 0x2d, 0x2e, 0x5f];

function refused(use: PathUse, why: string): Error {
  return badRequest(use, `An attribute path ${why}.`);
}
