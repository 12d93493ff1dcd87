/** A SCIM request, and which answers a provider takes as the end of it (RFC 7644 §3). */
export interface Call {
  readonly method: string;
  readonly path: string;
  readonly body: unknown;
  /** Statuses that say it was carried out. */
  readonly done: readonly number[];
  /** Status that says so when it was sent before and nobody answered. */
  readonly doneBefore?: number;
  /** Where to look for what a POST finds in its way. */
  readonly lookup?: string;
}

/** Where requests go. */
export interface ScimAccess {
  readonly scimUrl: string;
  readonly token: string;
  /** Hands a request to a service in this process. Default: they go over the network. */
  readonly send?: (request: Request) => Promise<Response>;
}

const userSchema = "urn:ietf:params:scim:schemas:core:2.0:User";
const groupSchema = "urn:ietf:params:scim:schemas:core:2.0:Group";
const patchSchema = "urn:ietf:params:scim:api:messages:2.0:PatchOp";

/** The requests a writer sends. */
export const requests = {
  createUser: (email: string, title: string): Call => ({
    method: "POST",
    path: "/Users",
    body: { schemas: [userSchema], userName: email, emails: [{ value: email, primary: true }], active: true, title },
    done: [201],
    doneBefore: 409,
    lookup: `/Users?filter=${encodeURIComponent(`userName eq "${email}"`)}`,
  }),
  createGroup: (name: string): Call => ({
    method: "POST",
    path: "/Groups",
    body: { schemas: [groupSchema], displayName: name },
    done: [201],
    doneBefore: 409,
    lookup: `/Groups?filter=${encodeURIComponent(`displayName eq "${name}"`)}`,
  }),
  updateUser: (id: string, title: string): Call =>
    patch(`/Users/${id}`, { op: "replace", path: "title", value: title }),
  renameGroup: (id: string, name: string): Call =>
    patch(`/Groups/${id}`, { op: "replace", path: "displayName", value: name }),
  addMembers: (id: string, userIds: readonly string[]): Call =>
    patch(`/Groups/${id}`, { op: "add", path: "members", value: userIds.map((value) => ({ value })) }),
  removeMember: (id: string, userId: string): Call =>
    patch(`/Groups/${id}`, { op: "remove", path: `members[value eq "${userId}"]` }),
  delete: (kind: "Users" | "Groups", id: string): Call => ({
    method: "DELETE",
    path: `/${kind}/${id}`,
    body: undefined,
    done: [204],
    doneBefore: 404,
  }),
};

/** Sends a request and reads all of the answer. @throws what `fetch` throws when nobody answers, or only half */
export async function requestBy(
  { scimUrl, token, send }: ScimAccess,
  { method, path, body }: Call,
): Promise<{ readonly status: number; readonly body: string }> {
  const url = `${scimUrl}${path}`;
  const request = {
    method,
    headers: { Authorization: `Bearer ${token}`, "Content-Type": "application/scim+json" },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  };
  const response = await (send === undefined ? fetch(url, request) : send(new Request(url, request)));
  return { status: response.status, body: await response.text() };
}

function patch(path: string, operation: Readonly<Record<string, unknown>>): Call {
  return { method: "PATCH", path, body: { schemas: [patchSchema], Operations: [operation] }, done: [200, 204] };
}
