import type { ResourceType } from "../scim/model.ts";

/** Takes an identity provider's dialect off a request. What it returns is meant to be plain RFC 7643 and 7644. */
export interface Profile {
  readonly name: string;
  /** The body of a POST or PUT. What is no JSON object comes back as it is, for the SCIM core to refuse. */
  resource(type: ResourceType, body: unknown): unknown;
  /**
   * The body of a PATCH, with `schemas` and `Operations`.
   *
   * @throws scim_error 400 invalidPath when an operation's path cannot be read
   */
  patch(type: ResourceType, body: unknown): unknown;
  /** The query of an address, or a search in a body that says the same. */
  query(query: URLSearchParams): URLSearchParams;
}
