/**
 * Judges what webhook endpoints were told against the log: of every event and every endpoint there is a request that was
 * answered with 2xx, or one record that says that it was given up. Requests are seen by the receiver, and not by whoever
 * sends them.
 */

/** A request as the receiver saw it. */
export interface SeenWebhook {
  readonly eventId: string;
  readonly status: number;
  /** False when no secret of the endpoint verifies it at the time it came. */
  readonly isGenuine: boolean;
}

/** What the service has on record about one event and one endpoint. */
export interface DeliveryRecord {
  readonly event_id: string;
  readonly status: string;
}

/** One endpoint. */
export interface EndpointEvidence {
  readonly name: string;
  /** Ids of the events that it was to be told of, in the order of the log. */
  readonly log: readonly string[];
  readonly seen: readonly SeenWebhook[];
  readonly records: readonly DeliveryRecord[];
}

/** Which promise was broken. */
export type WebhookRule = "loss" | "false record" | "unfinished" | "invention" | "forgery" | "record twice";

/** All promises that were broken, in words; none when the service kept them. */
export function checkWebhooks({
  name,
  log,
  seen,
  records,
}: EndpointEvidence): readonly (readonly [WebhookRule, string])[] {
  const broken: [WebhookRule, string][] = [];
  const known = new Set(log);
  const taken = new Set(seen.filter(({ status }) => status >= 200 && status <= 299).map(({ eventId }) => eventId));
  const byId = new Map(records.map((record) => [record.event_id, record.status]));
  if (byId.size !== records.length) broken.push(["record twice", `${name}: ${records.length} records of ${byId.size}`]);
  for (const id of log) {
    const status = byId.get(id);
    if (!taken.has(id) && status !== "dead")
      broken.push(["loss", `${name}: ${id} was not taken and is ${status ?? "unknown"}`]);
    if (status !== "delivered" && status !== "dead")
      broken.push(["unfinished", `${name}: ${id} is ${status ?? "unknown"}`]);
    if (status === "delivered" && !taken.has(id)) broken.push(["false record", `${name}: ${id} was never taken`]);
  }
  for (const { eventId, isGenuine } of seen) {
    if (!known.has(eventId)) broken.push(["invention", `${name}: ${eventId} is not in the log`]);
    if (!isGenuine) broken.push(["forgery", `${name}: ${eventId} does not verify`]);
  }
  return broken;
}
