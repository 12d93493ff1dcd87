/** Who did what an event tells of. */
export interface EventActor {
  readonly id?: string | null | undefined;
  /** `api`, `dashboard`, `admin_portal`, `system`, or a word of later days. */
  readonly source?: string | null | undefined;
  readonly name?: string | null | undefined;
  readonly [field: string]: unknown;
}

/** A session that Google Analytics knows; its fields are spelled so on the wire. */
export interface GoogleAnalyticsSession {
  readonly containerId?: string | null | undefined;
  readonly sessionId?: string | null | undefined;
  readonly sessionNumber?: string | null | undefined;
  readonly [field: string]: unknown;
}

/** In what context an event arose; often empty. */
export interface EventContext {
  readonly google_analytics_client_id?: string | null | undefined;
  readonly google_analytics_sessions?: readonly GoogleAnalyticsSession[] | null | undefined;
  readonly ajs_anonymous_id?: string | null | undefined;
  readonly client_id?: string | null | undefined;
  readonly actor?: EventActor | null | undefined;
  /** Of changes by the API and the dashboard. What changed of a user or a group is in `data.previous_attributes`. */
  readonly previous_attributes?: Readonly<Record<string, unknown>> | null | undefined;
  readonly [field: string]: unknown;
}

/** What is common to every event, known or not. This alone is checked on the hot path. */
export interface Envelope<N extends string = string, D = unknown> {
  readonly object?: "event" | undefined;
  readonly id: string;
  readonly event: N;
  readonly data: D;
  /** ISO 8601; old payloads lack the zone and mean UTC. */
  readonly created_at: string;
  /** As the service wrote it: no event is refused for its context. `eventContextSchema` of `@dirsync/sdk/schemas` checks it. */
  readonly context?: EventContext | null | undefined;
}

/**
 * Any event as it comes from the log: the name is open, `data` is not yet checked. `knownEventSchema` of
 * `@dirsync/sdk/schemas` makes a `KnownEvent` of it, which a `switch` can tell apart.
 */
export type DirectoryEvent = Envelope<string, Readonly<Record<string, unknown>>>;

/** Longest id we accept; ids travel in headers, environment variables and keys. */
export const eventIdCharactersMax = 256;

/**
 * True exactly when `envelopeSchema` would accept the value. Written by hand for the hot path, where a zod schema
 * copies every event it checks, and for `@dirsync/sdk/webhooks`, which loads no dependency.
 */
export function isEnvelope(value: unknown): value is DirectoryEvent {
  if (!isObject(value)) return false;
  const { id, event, data, created_at: createdAt } = value;
  if (typeof id !== "string" || id.length === 0 || id.length > eventIdCharactersMax) return false;
  if (typeof event !== "string" || event.length === 0) return false;
  return typeof createdAt === "string" && isObject(data);
}

/** True for what JSON calls an object. */
export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
