import type { EventDirectory } from "./directory.ts";
import type { Envelope } from "./envelope.ts";
import type { DirectoryGroup } from "./group.ts";
import type { DirectoryUser } from "./user.ts";

/** Changed attributes with their values before. An attribute that did not exist is null; the bag may be empty or absent. */
export type PreviousAttributes = Readonly<Record<string, unknown>>;

/** Data of `dsync.user.updated`. */
export interface UpdatedUser extends DirectoryUser {
  readonly previous_attributes?: PreviousAttributes | undefined;
}

/** Data of `dsync.group.updated`. */
export interface UpdatedGroup extends DirectoryGroup {
  readonly previous_attributes?: PreviousAttributes | undefined;
}

/** Data of `dsync.group.user_added` and `dsync.group.user_removed`. */
export interface Membership {
  readonly directory_id: string;
  readonly user: DirectoryUser;
  readonly group: DirectoryGroup;
  readonly [field: string]: unknown;
}

/** Data of `dsync.token.created` and `dsync.token.revoked`: never the token itself. */
export interface DirectoryToken {
  readonly object?: "directory_token" | undefined;
  readonly id: string;
  readonly directory_id: string;
  readonly organization_id?: string | null | undefined;
  readonly token_suffix: string;
  readonly created_at: string;
  readonly [field: string]: unknown;
}

/** The data of each event type we know. A name that is not here passes through with data of any shape. */
export interface EventDataByName {
  readonly "dsync.activated": EventDirectory;
  readonly "dsync.deleted": EventDirectory;
  readonly "dsync.user.created": DirectoryUser;
  readonly "dsync.user.updated": UpdatedUser;
  readonly "dsync.user.deleted": DirectoryUser;
  readonly "dsync.group.created": DirectoryGroup;
  readonly "dsync.group.updated": UpdatedGroup;
  readonly "dsync.group.deleted": DirectoryGroup;
  readonly "dsync.group.user_added": Membership;
  readonly "dsync.group.user_removed": Membership;
  readonly "dsync.token.created": DirectoryToken;
  readonly "dsync.token.revoked": DirectoryToken;
}

/** Name of an event whose `data` we can type. */
export type EventName = keyof EventDataByName;

/** The `data` of the event named `N`. */
export type EventData<N extends EventName> = EventDataByName[N];

/** The event named `N`, with typed data. */
export type EventOf<N extends EventName> = Envelope<N, EventData<N>>;

/**
 * Any event whose `data` we can type. A `switch` on its `event` knows the `data` in each case, and whether a case is
 * missing. `knownEventSchema` of `@dirsync/sdk/schemas` makes one of an event as it came.
 */
export type KnownEvent = { readonly [N in EventName]: EventOf<N> }[EventName];

/**
 * Names that may be asked for in the `events` filter. The two token events are left out: the service refuses a
 * whole request for one name it does not take, and whether it takes these is unconfirmed.
 */
export const subscribableEventNames = [
  "dsync.activated",
  "dsync.deleted",
  "dsync.user.created",
  "dsync.user.updated",
  "dsync.user.deleted",
  "dsync.group.created",
  "dsync.group.updated",
  "dsync.group.deleted",
  "dsync.group.user_added",
  "dsync.group.user_removed",
] as const satisfies readonly EventName[];

/** The rest. A record rather than a list, so that a name that is in neither does not compile. */
const unsubscribable: Readonly<Record<Exclude<EventName, (typeof subscribableEventNames)[number]>, true>> = {
  "dsync.token.created": true,
  "dsync.token.revoked": true,
};

/** Every event name whose data we can type. */
export const knownEventNames = /* @__PURE__ */ (subscribableEventNames as readonly string[]).concat(
  Object.keys(unsubscribable),
) as readonly EventName[];

/** True when we know the type of this event's data. */
export function isKnownEventName(name: string): name is EventName {
  return (knownEventNames as readonly string[]).includes(name);
}
