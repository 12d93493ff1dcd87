import type { EventDirectory } from "../contract/directory.ts";
import type { EventContext } from "../contract/envelope.ts";
import type { EventDataByName, EventName, EventOf } from "../contract/events.ts";
import type { DirectoryGroup } from "../contract/group.ts";
import type { DirectoryUser } from "../contract/user.ts";

/** What a test wants otherwise. Fields of `data` replace those of the sample one by one, not deeper. */
export interface EventOverrides<N extends EventName> {
  readonly id?: string | undefined;
  readonly created_at?: string | undefined;
  readonly data?: Partial<EventDataByName[N]> | undefined;
  readonly context?: EventContext | undefined;
}

/**
 * An event for tests, with every field that today's service sends in a webhook, about a person who does not exist. The
 * same each time: two events that a test must tell apart need an `id` each.
 */
export function testEvent<N extends EventName>(name: N, overrides: EventOverrides<N> = {}): EventOf<N> {
  const data: EventDataByName[N] = { ...samples()[name], ...overrides.data };
  return {
    id: overrides.id ?? "event_01JTEST0000000000000000000",
    event: name,
    data,
    created_at: overrides.created_at ?? sampleTime,
    context: overrides.context ?? {},
  };
}

const sampleTime = "2026-01-15T12:00:00.000Z";
const directoryId = "directory_01JTEST0000000000000000000";
const organizationId = "org_01JTEST0000000000000000000";
const times = { created_at: sampleTime, updated_at: sampleTime };

/** Made anew for each call, so that a test that changes its event changes no other. */
function samples(): EventDataByName {
  const [user, group, directory] = [sampleUser(), sampleGroup(), sampleDirectory()];
  const membership = { directory_id: directoryId, user, group };
  const token = sampleToken();
  return {
    "dsync.activated": { ...directory, external_key: "test-key", domains: [{ domain: "example.com" }] },
    "dsync.deleted": directory,
    "dsync.user.created": user,
    "dsync.user.updated": { ...user, previous_attributes: { last_name: "Bloch" } },
    "dsync.user.deleted": user,
    "dsync.group.created": group,
    "dsync.group.updated": { ...group, previous_attributes: { name: "Developers" } },
    "dsync.group.deleted": group,
    "dsync.group.user_added": membership,
    "dsync.group.user_removed": membership,
    "dsync.token.created": token,
    "dsync.token.revoked": token,
  };
}

function sampleUser(): DirectoryUser {
  const email = "ada.block@example.com";
  return {
    object: "directory_user",
    id: "directory_user_01JTEST0000000000000000000",
    directory_id: directoryId,
    organization_id: organizationId,
    idp_id: "8931",
    email,
    first_name: "Ada",
    last_name: "Block",
    name: "Ada Block",
    emails: [],
    job_title: null,
    username: null,
    state: "active",
    raw_attributes: {},
    custom_attributes: {
      emails: [{ primary: true, type: "work", value: email }],
      job_title: "Engineer",
      username: email,
    },
    role: { slug: "member" },
    roles: [{ slug: "member" }],
    ...times,
  };
}

function sampleGroup(): DirectoryGroup {
  return {
    object: "directory_group",
    id: "directory_group_01JTEST0000000000000000000",
    idp_id: "02grqrue4294w24",
    directory_id: directoryId,
    organization_id: organizationId,
    name: "Engineering",
    raw_attributes: {},
    ...times,
  };
}

function sampleDirectory(): EventDirectory {
  return {
    object: "directory",
    id: directoryId,
    organization_id: organizationId,
    type: "okta scim v2.0",
    state: "active",
    name: "Example Inc.",
    ...times,
  };
}

function sampleToken() {
  return {
    object: "directory_token",
    id: "directory_token_01JTEST0000000000000000000",
    directory_id: directoryId,
    organization_id: organizationId,
    token_suffix: "t3st",
    created_at: sampleTime,
  } as const;
}
