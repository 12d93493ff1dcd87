import { isObject, ownValue, safeEntries, type JsonObject } from "../scim/json.ts";
import type { ResourceType } from "../scim/model.ts";
import { parsePatchPath, type PatchTarget } from "../scim/patch/path.ts";
import type { AttributeDefinition } from "../scim/schema/definition.ts";
import { coreAttribute, isCoreUrn, schemaByUrnOf } from "../scim/schema/schemas.ts";
import { hasPath, type Rewrite } from "./rewrite.ts";

/**
 * Values of the right meaning in the wrong shape, put into the shape of the schema:
 *
 * - `"True"` and `"False"` for a boolean (Entra, transcript entra-08), and `""` for none;
 * - a list of one for a single value, as in `[false]` (Okta, okta-10) or `[{"value": "x"}]` (older Entra);
 * - a single object or value for a list (OneLogin);
 * - plain text for a value with parts: the id of a manager or a member (Entra, entra-06), and `""` for none;
 * - numbers and booleans for text, and text for numbers.
 *
 * What fits none of these stays as it is and is refused by the core.
 */
export const valueShapes: Rewrite = {
  resource: shapedResource,
  operation(type, operation) {
    const { value } = operation;
    if (value === undefined || value === null) return [operation];
    if (!hasPath(operation))
      return [isObject(value) ? { ...operation, value: shapedResource(type, value) } : operation];
    const target = parsePatchPath(type, operation.path, isObject(value));
    return [{ ...operation, value: shapedForTarget(type, target, value) }];
  },
};

function shapedResource(type: ResourceType, body: JsonObject): JsonObject {
  const plain: Record<string, unknown> = {};
  for (const [name, value] of safeEntries(body)) plain[name] = shapedAttribute(type, name, value);
  return plain;
}

function shapedAttribute(type: ResourceType, name: string, value: unknown): unknown {
  const definition = coreAttribute(type, name);
  if (definition !== undefined) return shaped(definition, value);
  return isObject(value) ? shapedSchema(type, name, value) : value;
}

/** The content of an extension, or of a core schema that is wrongly named like one. */
function shapedSchema(type: ResourceType, urn: string, content: JsonObject): JsonObject {
  const schema = schemaByUrnOf(urn, type);
  if (schema === undefined) return content;
  if (isCoreUrn(schema.id)) return shapedResource(type, content);
  const plain: Record<string, unknown> = {};
  for (const [name, value] of safeEntries(content)) {
    const definition = schema.byName.get(name.toLowerCase());
    plain[name] = definition === undefined ? value : shaped(definition, value);
  }
  return plain;
}

function shapedForTarget(type: ResourceType, target: PatchTarget, value: unknown): unknown {
  const { schema, attribute, sub, definition, subDefinition, where } = target;
  if (attribute === null) {
    if (!isObject(value)) return value;
    return schema === null ? shapedResource(type, value) : shapedSchema(type, schema, value);
  }
  if (sub !== null) return subDefinition === null ? value : shaped(subDefinition, value);
  if (definition === null) return value;
  return where === null ? shaped(definition, value) : shapedSingle(definition, value);
}

function shaped(definition: AttributeDefinition, value: unknown): unknown {
  if (!definition.multiValued) return shapedSingle(definition, value);
  if (value === null) return null;
  if (Array.isArray(value)) return value.map((element: unknown) => shapedSingle(definition, element));
  return value === "" ? [] : [shapedSingle(definition, value)];
}

function shapedSingle(definition: AttributeDefinition, value: unknown): unknown {
  if (Array.isArray(value)) {
    if (value.length > 1) return value;
    return value.length === 0 ? null : shapedSingle(definition, value[0]);
  }
  if (value === null || value === undefined) return value;
  if (definition.type === "complex") return shapedParts(definition, value);
  if (isObject(value)) {
    const inner = ownValue(value, "value");
    return inner === undefined || isObject(inner) ? value : shapedSingle(definition, inner);
  }
  return shapedSimple(definition, value);
}

function shapedParts(definition: AttributeDefinition, value: unknown): unknown {
  if (isObject(value)) {
    const parts: Record<string, unknown> = {};
    for (const [name, item] of safeEntries(value)) {
      const subDefinition = definition.byName.get(name.toLowerCase());
      parts[name] = subDefinition === undefined ? item : shaped(subDefinition, item);
    }
    return parts;
  }
  if (value === "") return null;
  const isText = typeof value === "string" || typeof value === "number";
  return isText && definition.byName.has("value") ? { value: String(value) } : value;
}

function shapedSimple(definition: AttributeDefinition, value: unknown): unknown {
  switch (definition.type) {
    case "boolean":
      return typeof value === "string" ? booleanOf(value) : value;
    case "integer":
    case "decimal":
      return typeof value === "string" && value.trim() !== "" && !Number.isNaN(Number(value)) ? Number(value) : value;
    case "string":
    case "reference":
    case "dateTime":
    case "binary":
      return typeof value === "number" || typeof value === "boolean" ? String(value) : value;
    case "complex":
      return value;
    default:
      return definition.type satisfies never;
  }
}

function booleanOf(text: string): unknown {
  switch (text.trim().toLowerCase()) {
    case "true":
      return true;
    case "false":
      return false;
    case "":
      return null;
    default:
      return text;
  }
}
