import type { Generated, Insertable, Selectable } from "kysely";
import type { DirectoryTokenTable, PortalSessionTable } from "./connecting-tables.ts";
import type { AuditEntryTable, InstanceTable, LogRestoreTable, ScimRequestTable } from "./operation-tables.ts";

export type { TokenScope } from "./connecting-tables.ts";
export type {
  AuditEntryRow,
  InstanceRow,
  NewAuditEntry,
  NewLogRestore,
  NewScimRequest,
  ScimRequestRow,
} from "./operation-tables.ts";

/**
 * The tables, column by column. Times are ISO 8601 in UTC with milliseconds; `*_folded` columns hold what is compared
 * without regard to letter case. Every `seq` is the creation order of its table and is never used twice.
 */
export interface Tables {
  organization: OrganizationTable;
  organization_domain: OrganizationDomainTable;
  directory: DirectoryTable;
  directory_token: DirectoryTokenTable;
  portal_session: PortalSessionTable;
  directory_user: UserTable;
  directory_user_email: UserEmailTable;
  directory_group: GroupTable;
  membership: MembershipTable;
  tombstone: TombstoneTable;
  event: EventTable;
  log_floor: LogFloorTable;
  answer: AnswerTable;
  webhook_endpoint: WebhookEndpointTable;
  webhook_delivery: WebhookDeliveryTable;
  instance: InstanceTable;
  log_restore: LogRestoreTable;
  scim_request: ScimRequestTable;
  audit_entry: AuditEntryTable;
}

/** A kind of object with a list of its own. */
export type ListedKind = "organization" | "directory" | "directory_user" | "directory_group" | "webhook_endpoint";

/** An organization as stored. */
export type OrganizationRow = Selectable<OrganizationTable>;
/** An organization to store. */
export type NewOrganization = Insertable<OrganizationTable>;
/** A directory as stored. */
export type DirectoryRow = Selectable<DirectoryTable>;
/** A directory without what changes with each of its users. */
export type UncountedDirectory = Omit<DirectoryRow, "users_active" | "users_inactive" | "users_hidden" | "groups">;
/** A directory to store. */
export type NewDirectory = Insertable<DirectoryTable>;
/** A token of a directory as stored. */
export type DirectoryTokenRow = Selectable<DirectoryTokenTable>;
/** A token of a directory to store. */
export type NewDirectoryToken = Insertable<DirectoryTokenTable>;
/** A portal link with its session as stored. */
export type PortalSessionRow = Selectable<PortalSessionTable>;
/** A portal link to store. */
export type NewPortalSession = Insertable<PortalSessionTable>;
/** A user as stored. */
export type UserRow = Selectable<UserTable>;
/** A user to store. */
export type NewUser = Insertable<UserTable>;
/** A group as stored. */
export type GroupRow = Selectable<GroupTable>;
/** A group to store. */
export type NewGroup = Insertable<GroupTable>;
/** An event as stored. */
export type EventRow = Selectable<EventTable>;

/** A webhook endpoint as stored. */
export type WebhookEndpointRow = Selectable<WebhookEndpointTable>;
/** A webhook endpoint to store. */
export type NewWebhookEndpoint = Insertable<WebhookEndpointTable>;
/** What is on record about one event and one endpoint. */
export type WebhookDeliveryRow = Selectable<WebhookDeliveryTable>;

/** An answer as stored. */
export type AnswerRow = Selectable<AnswerTable>;

/** A domain of an organization, as the JSON of its row has it. */
export interface StoredDomain {
  readonly id: string;
  /** In lower case. */
  readonly domain: string;
  /** Absent where the app did not say. */
  readonly state?: "pending" | "verified";
}

interface OrganizationTable {
  seq: Generated<number>;
  id: string;
  name: string;
  external_id: string | null;
  /** JSON object of strings. */
  metadata: string;
  /** JSON list of `StoredDomain`. */
  domains: string;
  stripe_customer_id: Generated<string | null>;
  /** 1 for yes. */
  allow_profiles_outside_organization: Generated<number>;
  created_at: string;
  updated_at: string;
}

/** Finds organizations by what their `domains` say. */
interface OrganizationDomainTable {
  domain: string;
  organization_seq: number;
}

interface DirectoryTable {
  seq: Generated<number>;
  id: string;
  organization_seq: number;
  organization_id: string;
  external_key: string;
  type: string;
  name: string;
  name_folded: string;
  /** 1: `active: false` leaves an inactive user; 0: it deletes the user as far as events and lists go. */
  soft_delete: number;
  /** Of no use any more: tokens are rows of their own. It repeats the id, because it has to be unique. */
  token_hash: Generated<string>;
  users_active: number;
  users_inactive: number;
  /** Users that SCIM still serves and whose deletion has been announced. */
  users_hidden: number;
  groups: number;
  /** JSON of `DirectoryMapping`, with only what differs from the defaults; `{}` for none. */
  mapping: Generated<string>;
  created_at: string;
  updated_at: string;
  /** JSON of `StoredScimSettings`. */
  scim_settings: Generated<string>;
  /** Since when the log speaks of it; null while nothing has come from its provider. */
  connected_at: Generated<string | null>;
}

interface UserTable {
  seq: Generated<number>;
  id: string;
  directory_seq: number;
  user_name_folded: string;
  display_name_folded: string | null;
  external_id: string | null;
  idp_id: string;
  email_folded: string | null;
  state: "active" | "inactive";
  /** 0 when the log says that this user is gone, or never said that it came. */
  is_announced: number;
  /** The SCIM attributes, as JSON. */
  resource: string;
  /** The user as events and the API show it, as JSON. */
  body: string;
  created_at: string;
  /** When what events say last changed. */
  updated_at: string;
  /** When anything SCIM shows last changed. */
  modified_at: string;
  /** Counts the changes of what SCIM shows, from 1. */
  version: Generated<number>;
}

interface UserEmailTable {
  directory_seq: number;
  value_folded: string;
  user_seq: number;
}

interface GroupTable {
  seq: Generated<number>;
  id: string;
  directory_seq: number;
  display_name_folded: string;
  external_id: string | null;
  idp_id: string;
  member_count: number;
  /** The SCIM attributes without the members, as JSON. */
  resource: string;
  /** The group as events and the API show it, as JSON. */
  body: string;
  created_at: string;
  updated_at: string;
  /** When anything SCIM shows last changed, the members among it. */
  modified_at: string;
  /** Counts the changes of what SCIM shows, from 1. */
  version: Generated<number>;
}

interface MembershipTable {
  group_seq: number;
  user_seq: number;
}

/** Where a deleted object stood in its list, so that a reader whose cursor it was can go on. */
interface TombstoneTable {
  id: string;
  kind: ListedKind;
  seq: number;
}

interface EventTable {
  seq: number;
  id: string;
  name: string;
  organization_seq: number;
  /** The whole event as GET /events serves it, as JSON. */
  body: string;
}

interface AnswerTable {
  /** Of the Idempotency-Key, under the API key: neither can be told from it. */
  key_digest: string;
  /** Of what was asked for, so that a key that is used for something else is noticed. */
  request_digest: string;
  /** The answer's body, encrypted: it may hold a secret, and only who has the two keys may read it. */
  sealed: string;
  /** Epoch milliseconds. */
  made_ms: number;
}

interface WebhookEndpointTable {
  seq: Generated<number>;
  id: string;
  /** As it was given. */
  url: string;
  /** The same in the one spelling that tells two addresses apart. */
  url_key: string;
  /** JSON list of event names. */
  events: string;
  status: "enabled" | "disabled";
  /** Who disabled it: `asked`; `gone`, it answered 410; `failing`, nothing was taken for days. Null while enabled. */
  disabled_reason: "asked" | "gone" | "failing" | null;
  /** Encrypted. */
  secret: string;
  /** Encrypted; the one before, while both sign. */
  previous_secret: string | null;
  previous_secret_until_ms: number | null;
  /** Everything up to here is finished. */
  low_seq: number;
  /** Grows each time delivering begins. */
  epoch: number;
  /** Since when every try has failed; null after a success. */
  failing_since_ms: number | null;
  created_at: string;
  updated_at: string;
}

/** The log of deliveries, and the queue of those that are due. Queries over it say its name, so that it has to have one outside. */
export interface WebhookDeliveryTable {
  endpoint_seq: number;
  event_seq: number;
  state: "sending" | "waiting" | "delivered" | "dead";
  /** Tries begun and charged, since it was last asked for. */
  attempts: number;
  next_at_ms: number;
  /** 1 when it was asked for again. */
  is_redelivery: number;
  first_at_ms: number | null;
  last_at_ms: number | null;
  /** Why the last failed try failed, as JSON: a code and a message. */
  failure: string | null;
  /** Of an event that was dropped from the log; null while it is there. */
  event_id: Generated<string | null>;
  event_name: Generated<string | null>;
}

interface LogFloorTable {
  id: number;
  seq: number;
}
