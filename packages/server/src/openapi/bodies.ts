import type * as z from "zod";
import { directoryDraft } from "../api/directories.ts";
import { importDraft } from "../api/directory-import.ts";
import { mappingChanges } from "../api/directory-mapping.ts";
import { tokenDraft, tokenRotation } from "../api/directory-tokens.ts";
import { organizationChanges, organizationDraft } from "../api/organization-bodies.ts";
import { linkDraft } from "../api/portal.ts";
import { replayDraft } from "../api/scim-requests.ts";
import { scimSettingsBody, scimSettingsChanges } from "../api/scim-settings.ts";
import { endpointChanges, endpointDraft } from "../api/webhook-bodies.ts";
import { redeliverySelection, secretRotation } from "../api/webhook-deliveries.ts";

/** What requests are checked by, under the names it has in the document. */
export const bodies = {
  DirectoryDraft: directoryDraft,
  DirectoryImportDraft: importDraft,
  DirectoryMappingChanges: mappingChanges,
  ScimSettingsChanges: scimSettingsChanges,
  ScimSettingsDraft: scimSettingsBody,
  DirectoryTokenDraft: tokenDraft,
  DirectoryTokenRotation: tokenRotation,
  OrganizationDraft: organizationDraft,
  OrganizationChanges: organizationChanges,
  PortalLinkDraft: linkDraft,
  ScimReplayDraft: replayDraft,
  WebhookEndpointDraft: endpointDraft,
  WebhookEndpointChanges: endpointChanges,
  WebhookRedeliverySelection: redeliverySelection,
  WebhookSecretRotation: secretRotation,
} as const satisfies Readonly<Record<string, z.ZodType>>;

/** A body of a request, by its name in the document. */
export type BodyName = keyof typeof bodies;
