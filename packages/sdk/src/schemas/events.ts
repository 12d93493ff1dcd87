import * as z from "zod";
import { eventIdCharactersMax } from "../contract/envelope.ts";
import type { EventName, KnownEvent } from "../contract/events.ts";
import { eventDirectorySchema } from "./directory.ts";
import { directoryGroupSchema } from "./group.ts";
import { directoryUserSchema } from "./user.ts";

/** In what context an event arose. */
export const eventContextSchema = z.looseObject({
  google_analytics_client_id: z.string().nullish(),
  google_analytics_sessions: z
    .array(
      z.looseObject({
        containerId: z.string().nullish(),
        sessionId: z.string().nullish(),
        sessionNumber: z.string().nullish(),
      }),
    )
    .nullish(),
  ajs_anonymous_id: z.string().nullish(),
  client_id: z.string().nullish(),
  actor: z
    .looseObject({ id: z.string().nullish(), source: z.string().nullish(), name: z.string().nullish() })
    .nullish(),
  previous_attributes: z.record(z.string(), z.unknown()).nullish(),
});

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

/** The `data` of each event type we know. */
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
} as const satisfies Readonly<Record<EventName, z.ZodType>>;

/**
 * An event with a name that we know, its `data` checked and typed: a union that a `switch` on `event` tells apart. Refuses
 * other names, which `isKnownEventName` finds beforehand.
 */
export const knownEventSchema: z.ZodType<KnownEvent> = z.discriminatedUnion("event", [
  eventSchema("dsync.activated"),
  eventSchema("dsync.deleted"),
  eventSchema("dsync.user.created"),
  eventSchema("dsync.user.updated"),
  eventSchema("dsync.user.deleted"),
  eventSchema("dsync.group.created"),
  eventSchema("dsync.group.updated"),
  eventSchema("dsync.group.deleted"),
  eventSchema("dsync.group.user_added"),
  eventSchema("dsync.group.user_removed"),
  eventSchema("dsync.token.created"),
  eventSchema("dsync.token.revoked"),
]);

function eventSchema<N extends EventName>(name: N) {
  return envelopeSchema.extend({ event: z.literal(name), data: eventDataSchemas[name] });
}
