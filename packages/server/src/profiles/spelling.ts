import { isObject, ownValue, type JsonObject } from "../scim/json.ts";

/** A PATCH operation before it is checked: any member may be missing or of a wrong type. */
export interface RawOperation {
  readonly op?: unknown;
  readonly path?: unknown;
  readonly value?: unknown;
}

/** A PATCH body with its members spelled as in RFC 7644; operations that are no objects stay as they are. */
export interface PatchEnvelope {
  readonly schemas: readonly ["urn:ietf:params:scim:api:messages:2.0:PatchOp"];
  readonly Operations: readonly unknown[];
}

/**
 * Reads a PATCH body in any letter case: Entra writes `"op": "Replace"`, others `"operations"` or `"Path"`. One
 * operation may stand without the list around it. Null when there are no operations at all.
 */
export function patchEnvelope(body: unknown): PatchEnvelope | null {
  if (!isObject(body)) return null;
  const operations = ownValue(body, "Operations");
  const list = isObject(operations) ? [operations] : operations;
  if (!Array.isArray(list)) return null;
  return {
    schemas: ["urn:ietf:params:scim:api:messages:2.0:PatchOp"],
    Operations: list.map((operation: unknown) => (isObject(operation) ? spelled(operation) : operation)),
  };
}

function spelled(operation: JsonObject): RawOperation {
  const op = ownValue(operation, "op");
  const value = ownValue(operation, "value");
  return {
    op: typeof op === "string" ? op.trim().toLowerCase() : op,
    path: ownValue(operation, "path"),
    // An absent value stays absent: JSON cannot say undefined, and null means something else.
    ...(value === undefined ? {} : { value }),
  };
}
