import type {
  AuditEntry,
  CreatedScimToken,
  DirectoryImport,
  DirectoryMapping,
  HeldUser,
  RotatedScimToken,
  RotatedSecret,
  ScimReplay,
  ScimRequest,
  ScimRequestDetail,
  ScimSettings,
  ScimToken,
  WebhookDelivery,
  WebhookEndpointStanding,
  WebhookRedelivery,
} from "@dirsync/sdk/self-hosted";
import { listOf, webhookEndpointSchema } from "@dirsync/sdk/schemas";
import * as z from "zod";
import { deliveryStates } from "../api/webhook-deliveries.ts";

/*
 * What only we answer. Our client has types of it, which each schema is held against here, and answers of a running server
 * are held against the schemas by a test.
 */

const count = z.int().min(0);
const bag = z.record(z.string(), z.unknown());
const textOrNull = z.string().nullable();

const mapping = z.looseObject({
  custom_attributes: z.record(z.string(), z.string()),
  role_assignment: z
    .looseObject({
      mode: z.enum(["single", "multiple"]),
      default_role: textOrNull,
      groups: z.array(z.looseObject({ group: z.string(), role: z.string() })),
    })
    .nullable(),
}) satisfies z.ZodType<DirectoryMapping>;

const scimSettings = z.looseObject({
  object: z.literal("directory_scim_settings"),
  base_url: z.string(),
  mode: z.enum(["lenient", "strict"]),
  wrong_types: z.enum(["coerce", "refuse"]),
  nulls: z.enum(["unset", "refuse"]),
  shared_emails: z.enum(["allow", "refuse"]),
  created_inactive: z.enum(["hide", "refuse"]),
  omitted_on_put: z.enum(["keep", "clear"]),
  empty_members: z.enum(["list", "omit"]),
  missing_emails: z.enum(["refuse", "allow"]),
  unmatched_filters: z.enum(["create", "refuse"]),
  schemas: z.array(bag),
}) satisfies z.ZodType<ScimSettings>;

const token = z.looseObject({
  object: z.literal("directory_token"),
  id: z.string(),
  directory_id: z.string(),
  organization_id: z.string(),
  name: z.string(),
  scope: z.enum(["provisioning", "read_only"]),
  token_suffix: z.string(),
  last_used_at: textOrNull,
  expires_at: textOrNull,
  created_at: z.string(),
}) satisfies z.ZodType<ScimToken>;
const createdToken = token.extend({ token: z.string() }) satisfies z.ZodType<CreatedScimToken>;
const rotatedToken = createdToken.extend({
  previous: z.looseObject({ id: z.string(), expires_at: textOrNull }),
}) satisfies z.ZodType<RotatedScimToken>;

const heldUser = z.looseObject({
  object: z.literal("held_user"),
  id: z.string(),
  directory_id: z.string(),
  user_name: z.string(),
  state: z.enum(["active", "inactive"]),
  reason: z.literal("inactive"),
  message: z.string(),
  updated_at: z.string(),
}) satisfies z.ZodType<HeldUser>;

const directoryImport = z.looseObject({
  object: z.literal("directory_import"),
  mode: z.enum(["plan", "apply"]),
  created: count,
  updated: count,
  unchanged: count,
  removals: count,
  active_before: count,
  braked: z.boolean(),
  events_total: count,
  events: z.array(
    z.looseObject({ event: z.string(), user: textOrNull, group: textOrNull, previous_attributes: bag.nullable() }),
  ),
}) satisfies z.ZodType<DirectoryImport>;

/** An endpoint as it is sent. */
export const webhookEndpoint = webhookEndpointSchema.required().extend({ status: z.enum(["enabled", "disabled"]) });
const endpointStanding = webhookEndpoint.extend({
  disabled_reason: z.enum(["asked", "gone", "failing"]).nullable(),
  failing_since: textOrNull,
  previous_secret_expires_at: textOrNull,
  events_behind: count,
  waiting: count,
  dead: count,
}) satisfies z.ZodType<WebhookEndpointStanding>;
const endpointSecret = webhookEndpoint.extend({
  previous_secret_expires_at: textOrNull,
}) satisfies z.ZodType<RotatedSecret>;

const delivery = z.looseObject({
  object: z.literal("webhook_delivery"),
  webhook_endpoint_id: z.string(),
  event_id: z.string(),
  event: z.string(),
  status: z.enum(deliveryStates),
  attempts: count,
  is_redelivery: z.boolean(),
  first_attempt_at: textOrNull,
  last_attempt_at: textOrNull,
  next_attempt_at: textOrNull,
  last_error: z.looseObject({ code: z.string(), message: z.string() }).nullable(),
}) satisfies z.ZodType<WebhookDelivery>;
const redelivery = z.looseObject({
  object: z.literal("webhook_redelivery"),
  webhook_endpoint_id: z.string(),
  count,
}) satisfies z.ZodType<WebhookRedelivery>;

const scimRequest = z.looseObject({
  object: z.literal("scim_request"),
  id: z.string(),
  directory_id: z.string(),
  created_at: z.string(),
  method: z.string(),
  path: z.string(),
  status: z.int(),
  duration_ms: z.number(),
  user_agent: textOrNull,
  scim_error: z.looseObject({ scimType: textOrNull, detail: z.string() }).nullable(),
  replayable: z.boolean(),
}) satisfies z.ZodType<ScimRequest>;
const scimRequestDetail = scimRequest.extend({
  if_match: textOrNull,
  if_none_match: textOrNull,
  request_body: textOrNull,
  response_body: textOrNull,
}) satisfies z.ZodType<ScimRequestDetail>;
const scimReplay = z.looseObject({
  object: z.literal("scim_replay"),
  scim_request_id: z.string(),
  dry_run: z.boolean(),
  status: z.int(),
  response_body: z.string(),
  events: z.array(bag),
}) satisfies z.ZodType<ScimReplay>;

const auditEntry = z.looseObject({
  object: z.literal("audit_entry"),
  id: z.string(),
  actor: z.looseObject({ type: z.enum(["api_key", "portal_session", "server"]), id: textOrNull }),
  action: z.string(),
  target_id: textOrNull,
  request_id: textOrNull,
  user_agent: textOrNull,
  created_at: z.string(),
}) satisfies z.ZodType<AuditEntry>;

/** Our own answers, under the names they have in the document. */
export const ownAnswers = {
  Health: z.looseObject({ status: z.enum(["ok", "busy", "read_only"]) }),
  OpenApiDocument: z.looseObject({
    openapi: z.string(),
    info: bag,
    servers: z.array(bag),
    security: z.array(bag),
    tags: z.array(bag),
    paths: bag,
    webhooks: bag,
    components: bag,
  }),
  DirectoryMapping: mapping,
  ScimSettings: scimSettings,
  DirectoryToken: token,
  DirectoryTokenList: listOf(token),
  CreatedDirectoryToken: createdToken,
  RotatedDirectoryToken: rotatedToken,
  HeldUser: heldUser,
  HeldUserList: listOf(heldUser),
  DirectoryImport: directoryImport,
  WebhookEndpointStanding: endpointStanding,
  WebhookEndpointSecret: endpointSecret,
  WebhookDelivery: delivery,
  WebhookDeliveryList: listOf(delivery),
  WebhookRedelivery: redelivery,
  ScimRequest: scimRequest,
  ScimRequestList: listOf(scimRequest),
  ScimRequestDetail: scimRequestDetail,
  ScimReplay: scimReplay,
  AuditEntry: auditEntry,
  AuditEntryList: listOf(auditEntry),
} as const satisfies Readonly<Record<string, z.ZodType>>;
