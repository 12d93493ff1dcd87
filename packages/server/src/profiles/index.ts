import type { ResourceType } from "../scim/resource.ts";

/** Takes an identity provider's dialect off a request body; what it returns is plain RFC 7643/7644. */
export interface Profile {
  readonly name: string;
  resource(type: ResourceType, body: unknown): unknown;
  patch(type: ResourceType, body: unknown): unknown;
}

/** The profile for a directory `type` such as `okta scim v2.0`; the generic one when the type has none of its own. */
export function profileOf(_directoryType: string): Profile {
  throw new Error("being written");
}
