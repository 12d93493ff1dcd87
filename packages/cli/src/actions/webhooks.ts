import { subscribableEventNames } from "@dirsync/sdk";
import type { WebhookEndpointStanding } from "@dirsync/sdk/self-hosted";
import type { Context } from "../context.ts";
import { exitCodes } from "../exit-codes.ts";
import { createOutput } from "../output.ts";
import { duration } from "../settings/kinds.ts";
import { amount } from "../ui/amount.ts";
import { printable } from "../ui/printable.ts";
import { wrongUsage } from "../wrong-usage.ts";
import { connect, type GetFlags, given, namesIn, type ListFlags, printList } from "./listing.ts";
import { handOver, type SecretFlags, secretPlace } from "./secret-place.ts";

/** Flags of `dirsync webhooks create`. */
export interface CreateFlags extends SecretFlags {
  /** Names, separated by commas. */
  readonly events?: string;
}

/** Flags of `dirsync webhooks update`. */
export interface UpdateFlags extends GetFlags {
  /** Names, separated by commas. */
  readonly events?: string;
  readonly url?: string;
  readonly status?: "enabled" | "disabled";
}

/** Flags of `dirsync webhooks deliveries`. */
export interface DeliveriesFlags extends ListFlags {
  readonly status?: "sending" | "waiting" | "delivered" | "dead";
}

/** Flags of `dirsync webhooks redeliver`. */
export interface RedeliverFlags extends GetFlags {
  readonly status?: "delivered" | "dead";
  readonly since?: string;
  readonly until?: string;
}

/** Flags of `dirsync webhooks rotate-secret`. */
export interface RotateFlags extends SecretFlags {
  readonly overlap?: string;
}

/** Lists endpoints. */
export async function listWebhooks(flags: ListFlags, context: Context): Promise<number> {
  return await printList((await connect(flags, context)).webhookEndpoints.list(), {
    flags,
    context,
    nothing: "No webhook endpoints.",
    columns: [
      { heading: "ID", cell: (endpoint) => endpoint.id },
      { heading: "URL", cell: (endpoint) => endpoint.endpoint_url },
      { heading: "STATUS", cell: (endpoint) => endpoint.status },
      { heading: "EVENTS", cell: (endpoint) => endpoint.events.length, align: "right" },
      { heading: "CREATED", cell: (endpoint) => endpoint.created_at },
    ],
  });
}

/** Shows one endpoint. */
export async function getWebhook(id: string, flags: GetFlags, context: Context): Promise<number> {
  const endpoint = await (await connect(flags, context)).webhookEndpoints.get(id);
  const output = createOutput(context, flags.json);
  if (flags.json) output.json(endpoint);
  for (const [name, value] of standing(endpoint)) output.line(`${name.padEnd(9)} ${printable(value)}`);
  return exitCodes.done;
}

/** Makes an endpoint. */
export async function createWebhook(url: string, flags: CreateFlags, context: Context): Promise<number> {
  const events = namesIn(flags.events) ?? subscribableEventNames;
  const place = await secretPlace(flags.out);
  return await handOver(place, async () => {
    const endpoint = await (await connect(flags, context)).webhookEndpoints.create({ endpoint_url: url, events });
    const report = (): number => {
      const output = createOutput(context, flags.json, { secrecy: "shown" });
      if (flags.json) output.json(place.shown(endpoint, "secret"));
      output.line(`Made ${endpoint.id}. It is told of ${amount(endpoint.events.length, "kind")} of event.`);
      for (const line of place.lines("secret", printable(endpoint.secret))) output.line(line);
      return exitCodes.done;
    };
    return { secret: endpoint.secret, report };
  });
}

/** Changes an endpoint. */
export async function updateWebhook(id: string, flags: UpdateFlags, context: Context): Promise<number> {
  const changes = given({ endpoint_url: flags.url, status: flags.status, events: namesIn(flags.events) });
  if (Object.keys(changes).length === 0) throw wrongUsage("Say what to change: --url, --events or --status.");
  const endpoint = await (await connect(flags, context)).webhookEndpoints.update(id, changes);
  const output = createOutput(context, flags.json);
  if (flags.json) output.json(endpoint);
  output.line(`Changed ${endpoint.id}. It is ${endpoint.status}.`);
  return exitCodes.done;
}

/** Deletes an endpoint. */
export async function deleteWebhook(id: string, flags: GetFlags, context: Context): Promise<number> {
  await (await connect(flags, context)).webhookEndpoints.delete(id);
  const output = createOutput(context, flags.json);
  if (flags.json) output.json({ id, deleted: true });
  output.line(`Deleted ${printable(id)}.`);
  return exitCodes.done;
}

/** Lists deliveries of an endpoint. */
export async function listDeliveries(id: string, flags: DeliveriesFlags, context: Context): Promise<number> {
  const filters = given({ status: flags.status });
  return await printList((await connect(flags, context)).webhookEndpoints.deliveries(id, filters), {
    flags,
    context,
    nothing: "No deliveries.",
    columns: [
      { heading: "EVENT", cell: (delivery) => delivery.event_id },
      { heading: "NAME", cell: (delivery) => delivery.event },
      { heading: "STATUS", cell: (delivery) => delivery.status },
      { heading: "TRIES", cell: (delivery) => delivery.attempts, align: "right" },
      { heading: "LAST TRY", cell: (delivery) => delivery.last_attempt_at },
      { heading: "NEXT TRY", cell: (delivery) => delivery.next_attempt_at },
      { heading: "REASON", cell: (delivery) => delivery.last_error?.message, isProse: true },
    ],
  });
}

/** Has events delivered once more. */
export async function redeliver(
  { id, eventIds }: { readonly id: string; readonly eventIds: readonly string[] },
  flags: RedeliverFlags,
  context: Context,
): Promise<number> {
  const { status, since, until } = flags;
  const selection = given({ event_ids: eventIds.length === 0 ? undefined : eventIds, status, since, until });
  if (Object.keys(selection).every((name) => name === "until")) {
    throw wrongUsage("Say which: ids of events, --status or --since.");
  }
  const done = await (await connect(flags, context)).webhookEndpoints.redeliver(id, selection);
  const output = createOutput(context, flags.json);
  if (flags.json) output.json(done);
  output.line(`${amount(done.count, "event")} will be delivered again to ${printable(id)}.`);
  return exitCodes.done;
}

/** Gives an endpoint another secret. */
export async function rotateSecret(id: string, flags: RotateFlags, context: Context): Promise<number> {
  const settings = given({ overlap_seconds: secondsOf(flags.overlap) });
  const place = await secretPlace(flags.out, { replaces: true });
  return await handOver(place, async () => {
    const rotated = await (await connect(flags, context)).webhookEndpoints.rotateSecret(id, settings);
    const report = (): number => {
      const output = createOutput(context, flags.json, { secrecy: "shown" });
      if (flags.json) output.json(place.shown(rotated, "secret"));
      for (const line of place.lines("secret", printable(rotated.secret))) output.line(line);
      const until = rotated.previous_secret_expires_at ?? null;
      output.line(until === null ? "The one before signs no more." : `The one before signs as well until ${until}.`);
      return exitCodes.done;
    };
    return { secret: rotated.secret, report };
  });
}

const overlapMsMax = 30 * 24 * 60 * 60 * 1_000;

function secondsOf(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const read = duration({ minMs: 0, maxMs: overlapMsMax }).read(text);
  if ("mistake" in read) throw wrongUsage(`--overlap ${read.mistake}`);
  return Math.ceil(read.value / 1_000);
}

function standing(endpoint: WebhookEndpointStanding): readonly (readonly [name: string, value: string])[] {
  const { disabled_reason: reason, failing_since: since, previous_secret_expires_at: until } = endpoint;
  return [
    ["id", endpoint.id],
    ["url", endpoint.endpoint_url],
    ["status", typeof reason === "string" ? `${endpoint.status} (${reason})` : endpoint.status],
    ...(typeof since === "string" ? ([["failing", `since ${since}`]] as const) : []),
    ["secret", typeof until === "string" ? `${endpoint.secret}, and the one before until ${until}` : endpoint.secret],
    ["behind", amount(endpoint.events_behind, "event")],
    ["waiting", String(endpoint.waiting)],
    ["dead", String(endpoint.dead)],
    ["events", endpoint.events.join(" ")],
  ];
}
