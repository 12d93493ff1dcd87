import type { ResourceType } from "./resource.ts";

/** Which attributes an answer carries (RFC 7644 section 3.9). Opaque. */
export interface Projection {
  readonly mode: "all" | "only" | "except";
}

/** Reads the `attributes` and `excludedAttributes` query parameters; pass null where absent. */
export function parseProjection(
  _type: ResourceType,
  _query: { readonly attributes: string | null; readonly excludedAttributes: string | null },
): Projection {
  throw new Error("being written");
}

/** True when the answer will carry this top-level attribute; ask before loading `members` or `groups`. */
export function wants(_projection: Projection, _attribute: string): boolean {
  throw new Error("being written");
}

/** The body with only the wanted attributes. `id` and `schemas` always stay. */
export function project(_body: Readonly<Record<string, unknown>>, _projection: Projection): Record<string, unknown> {
  throw new Error("being written");
}
