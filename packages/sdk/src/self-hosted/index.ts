/** The client for a directory-sync service that you host yourself: `@dirsync/server`. */
export { SelfHosted } from "./client.ts";
export type { OwnDirectories } from "./directories.ts";
export type {
  DirectoryImport,
  DirectoryImportDraft,
  DirectoryImportEvent,
  ImportedGroup,
  ImportedPerson,
} from "./directory-import.ts";
export type { DirectoryMapping, DirectoryMappingChanges, RoleAssignment, RoleOfGroup } from "./directory-mapping.ts";
export type {
  CreatedScimToken,
  RotatedScimToken,
  ScimToken,
  ScimTokenDraft,
  ScimTokenScope,
} from "./directory-token.ts";
export type { HeldUser } from "./held-user.ts";
export type { ScimSettings, ScimSettingsChanges, ScimSettingsDraft } from "./scim-settings.ts";
export type { RotatedSecret, WebhookDelivery, WebhookEndpointStanding, WebhookRedelivery } from "./webhook-delivery.ts";
export type { OwnWebhookEndpoints, RedeliverySelection, WebhookDeliveryListOptions } from "./webhook-endpoints.ts";
export type {
  ScimReplay,
  ScimRequest,
  ScimRequestDetail,
  ScimRequestListOptions,
  ScimRequests,
} from "./scim-requests.ts";
export type { AuditEntry, AuditLog, AuditLogListOptions } from "./audit-log.ts";
