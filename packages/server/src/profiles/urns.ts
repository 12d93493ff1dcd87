import { isObject, safeEntries, type JsonObject } from "../scim/json.ts";
import { enterpriseUserUrn, groupSchemaUrn, userSchemaUrn } from "../scim/schema/schemas.ts";
import { hasPath, type Rewrite } from "./rewrite.ts";

/**
 * Schema names from before RFC 7643. OneLogin's templates still carry them, and administrators edit those by hand, so
 * every variant seen is mapped (idps.md section 3).
 */
const currentUrns: ReadonlyMap<string, string> = new Map([
  ["urn:scim:schemas:core:1.0", userSchemaUrn],
  ["urn:scim:schemas:core:1.0:user", userSchemaUrn],
  ["urn:scim:schemas:core:1.0:group", groupSchemaUrn],
  ["urn:scim:schemas:core:2.0", userSchemaUrn],
  ["urn:scim:schemas:core:2.0:user", userSchemaUrn],
  ["urn:scim:schemas:core:2.0:group", groupSchemaUrn],
  ["urn:scim:schemas:extension:enterprise:1.0", enterpriseUserUrn],
  ["urn:scim:schemas:extension:enterprise:1.0:user", enterpriseUserUrn],
  ["urn:scim:schemas:extension:enterprise:2.0", enterpriseUserUrn],
  ["urn:scim:schemas:extension:enterprise:2.0:user", enterpriseUserUrn],
  ["urn:ietf:params:scim:schemas:extension:enterprise:1.0:user", enterpriseUserUrn],
  ["urn:ietf:params:scim:schemas:extension:enterprise:2.0", enterpriseUserUrn],
]);

/** Old schema names become the current ones, as names in a body and at the start of a path, also in a query. */
export const legacyUrns: Rewrite = {
  resource: (_type, body) => withCurrentNames(body),
  operation: (_type, operation) => {
    if (hasPath(operation)) return [{ ...operation, path: renamed(operation.path.trim()) }];
    return [isObject(operation.value) ? { ...operation, value: withCurrentNames(operation.value) } : operation];
  },
  name: renamed,
};

function withCurrentNames(body: JsonObject): JsonObject {
  if (!Object.keys(body).some((name) => renamed(name) !== name)) return body;
  const plain: Record<string, unknown> = {};
  for (const [name, value] of safeEntries(body)) {
    const current = renamed(name);
    plain[current] = merged(plain[current], value);
  }
  return plain;
}

/** The name with a legacy URN at its start replaced. The longest one counts: `…:2.0:User` before `…:2.0`. */
function renamed(name: string): string {
  if (!name.toLowerCase().startsWith("urn:")) return name;
  const folded = name.toLowerCase();
  let longest = "";
  for (const legacy of currentUrns.keys()) {
    const isPrefix = folded.startsWith(legacy) && ["", ":", "."].includes(folded.charAt(legacy.length));
    if (isPrefix && legacy.length > longest.length) longest = legacy;
  }
  if (isCurrent(folded)) return name;
  return longest === "" ? name : `${currentUrns.get(longest) ?? longest}${name.slice(longest.length)}`;
}

/** `…:enterprise:2.0` is a legacy name, yet also how the current `…:enterprise:2.0:User` begins. */
function isCurrent(folded: string): boolean {
  const current = enterpriseUserUrn.toLowerCase();
  return folded.startsWith(current) && ["", ":", "."].includes(folded.charAt(current.length));
}

/** A body that carries the old and the new name keeps what both say; what stands later counts. */
function merged(before: unknown, value: unknown): unknown {
  return isObject(before) && isObject(value) ? ({ ...before, ...value } satisfies JsonObject) : value;
}
