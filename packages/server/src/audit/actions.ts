/** What requests that change something are called in the audit log. A test holds the list against the routes there are. */
export const auditActions: Readonly<Record<string, string>> = {
  "POST /directories": "directory.created",
  "DELETE /directories/:id": "directory.deleted",
  "PUT /directories/:id/scim": "directory.scim_settings_changed",
  "PATCH /directories/:id/scim": "directory.scim_settings_changed",
  "PATCH /directories/:id/mapping": "directory.mapping_changed",
  "POST /directories/:id/import": "directory.imported",
  "POST /directories/:id/tokens": "directory_token.created",
  "POST /directories/:id/tokens/:id/rotate": "directory_token.rotated",
  "DELETE /directories/:id/tokens/:id": "directory_token.revoked",
  "POST /organizations": "organization.created",
  "PUT /organizations/:id": "organization.changed",
  "DELETE /organizations/:id": "organization.deleted",
  "POST /webhook_endpoints": "webhook_endpoint.created",
  "PATCH /webhook_endpoints/:id": "webhook_endpoint.changed",
  "DELETE /webhook_endpoints/:id": "webhook_endpoint.deleted",
  "POST /webhook_endpoints/:id/redeliver": "webhook_endpoint.redelivery_asked",
  "POST /webhook_endpoints/:id/rotate_secret": "webhook_endpoint.secret_rotated",
  "POST /backups": "backup.made",
  "POST /portal/generate_link": "portal.link_generated",
  "POST /scim_requests/:id/replay": "scim_request.replayed",
};

/** An id of ours, as it stands in a path. */
const ownId = /^(?:[a-z]+_)+[0-9A-Za-z-]{20,}$/u;

/** What a request is called, and the object that its path names last. */
export function actionOf(method: string, path: string): { readonly action: string; readonly targetId: string | null } {
  const segments = path.split("/").filter((segment) => segment !== "");
  const pattern = `${method} /${segments.map((segment) => (ownId.test(segment) ? ":id" : segment)).join("/")}`;
  const targetId = segments.filter((segment) => ownId.test(segment)).at(-1) ?? null;
  return { action: auditActions[pattern] ?? pattern.slice(0, 128), targetId };
}
