import type { Profile } from "../../profiles/profile.ts";
import { parseAttributePath, resolvePath, startsWithUrn } from "../schema/attribute-path.ts";
import { canonicalElement, canonicalElements, canonicalValue } from "../schema/canonical.ts";
import { badRequest, ScimError } from "../error.ts";
import { assertShape, isObject, jsonTypeOf, safeEntries, type JsonObject } from "../json.ts";
import { memberSteps, type MemberOperation } from "../members.ts";
import { nameOf } from "../model.ts";
import type { ResourceType } from "../model.ts";
import { applyAttributeOperations, selectorOf, type AttributeOperation } from "./apply.ts";
import { assertAffordable, assertCount } from "./limits.ts";
import { parsePatchPath, type PatchTarget, type PatchVerb } from "./path.ts";
import { isKeptApart, missingRequired, type RequiredAttribute, type ScimResource } from "../resource.ts";

export type { MemberOperation } from "../members.ts";

/** One checked step of a PATCH: on one attribute, or on the members of a group. */
export type PatchOperation = AttributeOperation | { readonly kind: "members"; readonly step: MemberOperation };

/**
 * Reads a PATCH body (RFC 7644 section 3.5.2) and checks all of it before anything is applied, so that a broken
 * operation leaves the earlier ones unapplied.
 *
 * Read-only attributes are ignored in an object without a path, because Okta repeats the id there, and refused as a
 * path. A `password` is thrown away unread. Removing `active` changes nothing: no provider lets a leaver
 * back in that way. An empty list of operations is taken, because Microsoft's validator sends one.
 *
 * @throws scim_error 400 invalidSyntax, invalidPath, invalidValue, noTarget or mutability; 413 over a limit
 */
export function parsePatch(type: ResourceType, body: unknown, profile: Profile): readonly PatchOperation[] {
  assertShape(body);
  const plain = profile.patch(type, body);
  const operations = isObject(plain) ? plain["Operations"] : undefined;
  if (!Array.isArray(operations)) throw badRequest("invalidSyntax", "'Operations' is expected list.");
  const pathOf = (operation: unknown): unknown => (isObject(operation) ? operation["path"] : undefined);
  assertAffordable(operations, pathOf);
  const parsed: PatchOperation[] = [];
  for (const [index, operation] of operations.entries()) {
    parsed.push(...parseNumbered(type, operation, index + 1));
    assertCount(parsed.length);
  }
  return parsed;
}

/**
 * The resource after the steps, in order. Pure: neither `current` nor the steps change. Steps on the members of a group
 * are for `memberOperations`.
 *
 * @throws scim_error 400 noTarget when a filter meets nothing and does not say what to create; mutability when a required
 * attribute is removed; invalidValue when one would go in another way, or a list would grow too long; 413 when the filters would look
 * at too many values
 */
export function applyPatch(
  type: ResourceType,
  current: ScimResource,
  operations: readonly PatchOperation[],
): ScimResource {
  const steps = operations.filter((operation) => operation.kind === "attribute");
  const resource = applyAttributeOperations(current, steps);
  const missing = missingRequired(type, resource, current);
  if (missing !== null) throw badRequest(reasonOf(missing, steps), `'${missing.path}' is required.`);
  assertShape(resource);
  return resource;
}

/** The steps on a group's members, in order. */
export function memberOperations(operations: readonly PatchOperation[]): readonly MemberOperation[] {
  return operations.flatMap((operation) => (operation.kind === "members" ? [operation.step] : []));
}

/** Why a required attribute cannot go: RFC 7644 section 3.5.2.2 has a word of its own for one that is removed. */
function reasonOf(missing: RequiredAttribute, steps: readonly AttributeOperation[]): "mutability" | "invalidValue" {
  const isRemoved = steps.some(
    ({ op, target }) => op === "remove" && target.schema === missing.schema && target.attribute === missing.attribute,
  );
  return isRemoved ? "mutability" : "invalidValue";
}

/** Says in the message which operation was wrong. */
function parseNumbered(type: ResourceType, operation: unknown, position: number): readonly PatchOperation[] {
  try {
    return parseOperation(type, operation);
  } catch (error) {
    if (!(error instanceof ScimError)) throw error;
    throw new ScimError(`Operation ${position}: ${error.message}`, {
      status: error.status,
      ...(error.scimType === undefined ? {} : { scimType: error.scimType }),
      cause: error,
    });
  }
}

/** One operation whose path is read and whose value is not yet checked. */
interface Intent {
  readonly op: PatchVerb;
  readonly target: PatchTarget;
  readonly value: unknown;
}

function parseOperation(type: ResourceType, operation: unknown): readonly PatchOperation[] {
  if (!isObject(operation)) throw badRequest("invalidSyntax", `expected object, received ${jsonTypeOf(operation)}.`);
  const { op, path, value } = operation;
  if (op !== "add" && op !== "replace" && op !== "remove") {
    throw badRequest("invalidSyntax", "'op' is expected to be add, replace or remove.");
  }
  if (path === undefined || path === null || path === "") return parsePathless(type, op, value);
  if (typeof path !== "string") {
    throw badRequest("invalidPath", `'path' is expected string, received ${jsonTypeOf(path)}.`);
  }
  const target = parsePatchPath(type, path, isObject(value));
  if (target.schema === null && target.definition?.mutability === "readOnly") {
    throw badRequest("mutability", `'${target.definition.name}' is read-only.`);
  }
  return operationsFor(type, { op, target, value });
}

/** Without a path the value is a part of a resource, each attribute of which is added or replaced. */
function parsePathless(type: ResourceType, op: PatchVerb, value: unknown): readonly PatchOperation[] {
  if (op === "remove") throw badRequest("noTarget", "'remove' needs a path.");
  if (!isObject(value)) {
    throw badRequest("invalidValue", `Without a path, 'value' is expected object, received ${jsonTypeOf(value)}.`);
  }
  return safeEntries(value).flatMap(([name, item]) => {
    if (!startsWithUrn(name) && (name.includes("[") || name.includes("."))) {
      throw badRequest("invalidPath", "Without a path, the names in 'value' are names of attributes.");
    }
    return operationsFor(type, { op, target: parsePatchPath(type, name, isObject(item)), value: item });
  });
}

function operationsFor(type: ResourceType, intent: Intent): readonly PatchOperation[] {
  const { op, target, value } = intent;
  const { schema, attribute, definition } = target;
  if (attribute === null) {
    return schema === null ? parsePathless(type, op, value) : wholeSchema(type, schema, intent);
  }
  if (schema === null && nameOf(type) === "Group" && attribute === "members") {
    return memberSteps(op, target, value).map((step) => ({ kind: "members", step }));
  }
  if (schema === null && isKeptApart(type, attribute)) return [];
  if (target.sub !== null && definition !== null && definition.type !== "complex") {
    throw badRequest("invalidPath", `'${definition.name}' has no sub-attributes.`);
  }
  const isParts = definition?.type === "complex" && !definition.multiValued && target.sub === null;
  if (isParts && op !== "remove" && isObject(value)) return partsOf(target, op, value);
  return attributeOperation(type, intent);
}

/** The URN of an extension, as path or as name in an object without one: its attributes, or all of it to remove. */
function wholeSchema(type: ResourceType, schema: string, { op, target, value }: Intent): readonly PatchOperation[] {
  if (op === "remove" || value === null || value === undefined) {
    return [{ kind: "attribute", op: "remove", target, value: undefined, selector: null }];
  }
  if (!isObject(value)) {
    throw badRequest("invalidValue", `'${schema}' is expected object, received ${jsonTypeOf(value)}.`);
  }
  return safeEntries(value).flatMap(([name, item]) => {
    const named = parseAttributePath(name, "invalidPath");
    if (named.attribute === null) throw badRequest("invalidPath", `'${schema}' holds attributes, not schemas.`);
    const inner = { ...resolvePath(type, { ...named, schema }), where: null };
    return operationsFor(type, { op, target: inner, value: item });
  });
}

/** A complex value changes only the parts it names, null clearing one (RFC 7644 section 3.5.2.3). */
function partsOf(target: PatchTarget, op: PatchVerb, value: JsonObject): readonly PatchOperation[] {
  const operations = safeEntries(value).map(([name, item]): AttributeOperation => {
    const subDefinition = target.definition?.byName.get(name.toLowerCase()) ?? null;
    const part = { ...target, sub: subDefinition?.name ?? name, subDefinition };
    return { kind: "attribute", op, target: part, value: canonicalValue(subDefinition, item), selector: null };
  });
  // First, because a new `value` clears the display name of the old one.
  return operations.sort((left, right) => Number(right.target.sub === "value") - Number(left.target.sub === "value"));
}

function attributeOperation(type: ResourceType, { op, target, value }: Intent): readonly PatchOperation[] {
  // To replace by nothing is to clear, as some serializers write null; to add nothing is a mistake (RFC 7644 section 3.5.2.1).
  if (op === "add" && value === undefined) throw badRequest("invalidValue", "'add' needs a 'value'.");
  const isWholeList = target.where === null && target.sub === null && target.definition?.multiValued !== false;
  // What a `remove` carries beyond its path matters only where it picks values out of a list.
  const canonical = op === "remove" && !isWholeList ? undefined : canonicalFor(op, target, value);
  const isActive = nameOf(type) === "User" && target.schema === null && target.attribute === "active";
  if (isActive && canonical === undefined) return [];
  // An empty list to remove names nothing, which is not the same as naming the whole attribute.
  if (op === "remove" && Array.isArray(value) && canonical === undefined) return [];
  const extension = asExtension(type, { op, target, value });
  return [{ kind: "attribute", op, target, value: canonical, selector: selectorOf(target), ...extension }];
}

/** What may be the content of an extension that nobody defined, read as that: each attribute in it by itself, so that null clears one. */
function asExtension(type: ResourceType, { op, target, value }: Intent): Pick<AttributeOperation, "asExtension"> {
  const { schema, attribute, sub, where, definition } = target;
  if (schema === null || attribute === null || definition !== null || sub !== null || where !== null) return {};
  if (op === "remove" || !isObject(value)) return {};
  const content = safeEntries(value).map(([name, item]): AttributeOperation => {
    const inner = { ...resolvePath(type, { schema: `${schema}:${attribute}`, attribute: name, sub: null }), where };
    return { kind: "attribute", op, target: inner, value: canonicalFor(op, inner, item), selector: null };
  });
  return { asExtension: content };
}

function canonicalFor(op: PatchVerb, { sub, where, definition, subDefinition }: PatchTarget, value: unknown): unknown {
  if (sub !== null) return canonicalValue(subDefinition, value);
  if (where !== null) return canonicalElement(definition, value);
  const isAdded = op === "add" && definition?.multiValued === true;
  return isAdded ? canonicalElements(definition, value) : canonicalValue(definition, value);
}
