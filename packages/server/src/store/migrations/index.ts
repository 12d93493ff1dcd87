import { initialSchema } from "./001-initial.ts";
import { answersSchema } from "./002-answers.ts";
import { versionsSchema } from "./003-versions.ts";
import { webhooksSchema } from "./004-webhooks.ts";
import { scimSettingsSchema } from "./005-scim-settings.ts";
import { mappingSchema } from "./006-mapping.ts";
import { tokensSchema } from "./007-tokens.ts";
import { lineageSchema } from "./008-lineage.ts";
import { portalSchema } from "./009-portal.ts";
import { scimRequestsSchema } from "./010-scim-requests.ts";
import { auditSchema } from "./011-audit.ts";
import { retentionSchema } from "./012-retention.ts";
import { requestPreconditionsSchema } from "./013-request-preconditions.ts";
import { groupIdentitiesSchema } from "./014-group-identities.ts";
import { logFloorSchema } from "./015-log-floor.ts";
import { organizationsSchema } from "./016-organizations.ts";

/** Schema changes in order. The version of a file is how many of them it has; none is ever edited once released. */
export const migrations: readonly string[] = [
  initialSchema,
  answersSchema,
  versionsSchema,
  webhooksSchema,
  scimSettingsSchema,
  mappingSchema,
  tokensSchema,
  lineageSchema,
  portalSchema,
  scimRequestsSchema,
  auditSchema,
  retentionSchema,
  requestPreconditionsSchema,
  groupIdentitiesSchema,
  logFloorSchema,
  organizationsSchema,
];
