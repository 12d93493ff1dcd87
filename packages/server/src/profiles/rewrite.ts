import { isObject, type JsonObject } from "../scim/json.ts";
import type { ResourceType } from "../scim/model.ts";
import { assertAffordable } from "../scim/patch/limits.ts";
import type { Profile } from "./profile.ts";
import { queryWithNames } from "./query.ts";
import { patchEnvelope, type RawOperation } from "./spelling.ts";

/**
 * One habit of providers, and how it reads in plain SCIM. A rewrite changes only what is wrong, so the order in which
 * several are applied matters only where one needs the other's result, and none harms a client without the habit.
 */
export interface Rewrite {
  /** Rewrites the body of a POST or PUT. */
  resource(type: ResourceType, body: JsonObject): JsonObject;
  /** Rewrites one PATCH operation into one or several. */
  operation(type: ResourceType, operation: RawOperation): readonly RawOperation[];
  /** Rewrites the name of an attribute in a query, where the habit has to do with names. */
  name?(name: string): string;
}

/** A profile that applies rewrites in order. */
export function composeProfile(name: string, rewrites: readonly Rewrite[]): Profile {
  return {
    name,
    resource(type, body) {
      if (!isObject(body)) return body;
      return rewrites.reduce((plain, rewrite) => rewrite.resource(type, plain), body);
    },
    patch(type, body) {
      const envelope = patchEnvelope(body);
      if (envelope === null) return body;
      // One rewrite after the other over all operations, so that each can rely on what the limits let through.
      const operations = rewrites.reduce<readonly unknown[]>((some, rewrite) => {
        assertAffordable(some, (operation) => (isObject(operation) ? operation["path"] : undefined));
        return some.flatMap((one): readonly unknown[] => (isObject(one) ? rewrite.operation(type, one) : [one]));
      }, envelope.Operations);
      return { ...envelope, Operations: operations };
    },
    query: (query) =>
      queryWithNames(query, (name) => rewrites.reduce((plain, rewrite) => rewrite.name?.(plain) ?? plain, name)),
  };
}

/** True when an operation names what it aims at. Some clients send an empty path for none. */
export function hasPath(operation: RawOperation): operation is RawOperation & { path: string } {
  return typeof operation.path === "string" && operation.path.trim() !== "";
}
