import * as z from "zod";
import { eventDirectorySchema } from "./directory.ts";
import { eventIdCharactersMax, type Envelope } from "./envelope.ts";
import { directoryGroupSchema } from "./group.ts";
import { directoryUserSchema } from "./user.ts";

/** What every event must have. `isEnvelope` is the same rule, fast. */
export const envelopeSchema = z.looseObject({
  id: z.string().min(1).max(eventIdCharactersMax),
  event: z.string().min(1),
  data: z.record(z.string(), z.unknown()),
  created_at: z.string(),
});

const previousAttributes = z.record(z.string(), z.unknown()).optional();

const membershipSchema = z.looseObject({
  directory_id: z.string(),
  user: directoryUserSchema,
  group: directoryGroupSchema,
});

const tokenSchema = z.looseObject({
  object: z.literal("directory_token").optional(),
  id: z.string(),
  directory_id: z.string(),
  organization_id: z.string().nullish(),
  token_suffix: z.string(),
  created_at: z.string(),
});

/** The `data` of each event type we know. A name that is not here passes through with `data: unknown`. */
export const eventDataSchemas = {
  "dsync.activated": eventDirectorySchema,
  "dsync.deleted": eventDirectorySchema,
  "dsync.user.created": directoryUserSchema,
  "dsync.user.updated": directoryUserSchema.extend({ previous_attributes: previousAttributes }),
  "dsync.user.deleted": directoryUserSchema,
  "dsync.group.created": directoryGroupSchema,
  "dsync.group.updated": directoryGroupSchema.extend({ previous_attributes: previousAttributes }),
  "dsync.group.deleted": directoryGroupSchema,
  "dsync.group.user_added": membershipSchema,
  "dsync.group.user_removed": membershipSchema,
  "dsync.token.created": tokenSchema,
  "dsync.token.revoked": tokenSchema,
} as const;

/** Name of an event whose `data` we can type. */
export type EventName = keyof typeof eventDataSchemas;

/** The `data` of the event named `N`. */
export type EventData<N extends EventName> = z.infer<(typeof eventDataSchemas)[N]>;

/** The event named `N`, with typed data. */
export type EventOf<N extends EventName> = Envelope<N, EventData<N>>;

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

/** True when we know the type of this event's data. */
export function isKnownEventName(name: string): name is EventName {
  return Object.hasOwn(eventDataSchemas, name);
}
