type Document = Readonly<Record<string, unknown>>;

/** `GET /ServiceProviderConfig`. `baseUrl` ends at the directory, without a slash. */
export function serviceProviderConfig(_baseUrl: string): Document {
  throw new Error("being written");
}

/** `GET /ResourceTypes`, as a ListResponse. */
export function resourceTypes(_baseUrl: string): Document {
  throw new Error("being written");
}

/** `GET /ResourceTypes/:name`; null when there is none. */
export function resourceType(_baseUrl: string, _name: string): Document | null {
  throw new Error("being written");
}

/** `GET /Schemas`, as a ListResponse. */
export function schemas(_baseUrl: string): Document {
  throw new Error("being written");
}

/** `GET /Schemas/:urn`; null when there is none. */
export function schema(_baseUrl: string, _urn: string): Document | null {
  throw new Error("being written");
}
