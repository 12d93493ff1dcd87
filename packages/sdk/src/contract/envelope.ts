/** What is common to every event, known or not. This alone is checked on the hot path. */
export interface Envelope<N extends string = string, D = unknown> {
  readonly object?: "event" | undefined;
  readonly id: string;
  readonly event: N;
  readonly data: D;
  /** ISO 8601; old payloads lack the zone and mean UTC. */
  readonly created_at: string;
  readonly context?: unknown;
}

/** Any event as it comes from the log: the name is open, `data` is not yet checked. */
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

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
