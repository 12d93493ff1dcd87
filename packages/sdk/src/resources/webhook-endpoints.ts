import type { EventName } from "../contract/events.ts";
import {
  rotatedSecretCheck,
  type RotatedSecret,
  webhookDeliveryCheck,
  type WebhookDelivery,
  webhookEndpointStandingCheck,
  type WebhookEndpointStanding,
  webhookRedeliveryCheck,
  type WebhookRedelivery,
} from "../contract/webhook-delivery.ts";
import { webhookEndpointCheck, type WebhookEndpoint } from "../contract/webhook-endpoint.ts";
import type { ApiCalls, CallOptions, ChangeOptions } from "../http/call.ts";
import type { Listing } from "../http/paginate.ts";
import { path } from "../http/path.ts";
import { listEndpoint, type PageOptions } from "./list-endpoint.ts";
import { maskWhenPrinted } from "./printed.ts";

/** Any event name, with those we know offered by editors. */
export type AnyEventName = EventName | (string & Record<never, never>);

/** An endpoint to create. */
export interface WebhookEndpointDraft {
  /** Where deliveries are sent. Unique among the endpoints of an environment. */
  readonly endpoint_url: string;
  /** The two `dsync.token` events cannot be subscribed to. */
  readonly events: readonly AnyEventName[];
}

/** What of an endpoint may be changed. A field that is left out stays as it is. */
export interface WebhookEndpointChanges extends Partial<WebhookEndpointDraft> {
  readonly status?: "enabled" | "disabled" | undefined;
}

/** Which deliveries of an endpoint to list. */
export interface WebhookDeliveryListOptions extends PageOptions {
  readonly status?: "sending" | "waiting" | "delivered" | "dead" | undefined;
}

/** Which deliveries are to be made again: those that are all of what is given, and something must be. */
export interface RedeliverySelection {
  /** Of these events, at most 1,000; also those from before the endpoint was made, and those that wait. */
  readonly event_ids?: readonly string[] | undefined;
  /** Default `dead`, unless events are named. */
  readonly status?: "delivered" | "dead" | undefined;
  /** Of events made at this time or later. ISO 8601. */
  readonly since?: string | undefined;
  /** Of events made before this time. ISO 8601. */
  readonly until?: string | undefined;
}

/**
 * The addresses that are told of events. The `secret` of an endpoint signs its deliveries: give it to `verify` of
 * `@dirsync/sdk/webhooks`. Printing an endpoint hides it; keep it from its creation, because a service may mask it
 * later.
 */
export class WebhookEndpoints {
  readonly #calls: ApiCalls;

  constructor(calls: ApiCalls) {
    this.#calls = calls;
  }

  /** All endpoints. WorkOS has no call for a single one. */
  list(filters: PageOptions = {}, options?: CallOptions): Listing<WebhookEndpoint> {
    return listEndpoint(this.#calls, {
      path: path`/webhook_endpoints`,
      item: webhookEndpointCheck,
      filters: { ...filters },
      options,
      each: masked,
    });
  }

  /** @throws ApiError 409 `duplicate_endpoint`, 422 `invalid_url` or, with `problems`, `invalid_request_parameters`. */
  async create(draft: WebhookEndpointDraft, options?: ChangeOptions): Promise<WebhookEndpoint> {
    const request = { method: "POST", ...path`/webhook_endpoints`, body: draft } as const;
    return masked(await this.#calls.read(request, webhookEndpointCheck, options));
  }

  /** Changes what `changes` names. @throws ApiError 404 `entity_not_found`, and those of `create`. */
  async update(id: string, changes: WebhookEndpointChanges, options?: ChangeOptions): Promise<WebhookEndpoint> {
    const request = { method: "PATCH", ...path`/webhook_endpoints/${id}`, body: changes } as const;
    return masked(await this.#calls.read(request, webhookEndpointCheck, options));
  }

  /** @throws ApiError 404 `entity_not_found`. */
  async delete(id: string, options?: CallOptions): Promise<void> {
    await this.#calls.run({ method: "DELETE", ...path`/webhook_endpoints/${id}` }, options);
  }

  /**
   * One endpoint and where it stands: what waits, what was given up, why it was disabled. Of a Dirsync server only, like
   * the calls below.
   * @throws ApiError 404 `entity_not_found`.
   */
  async get(id: string, options?: CallOptions): Promise<WebhookEndpointStanding> {
    const request = { method: "GET", ...path`/webhook_endpoints/${id}` } as const;
    return masked(await this.#calls.read(request, webhookEndpointStandingCheck, options));
  }

  /** What became of the events an endpoint was told of, in the order of the log. Cursors are ids of events. */
  deliveries(id: string, filters: WebhookDeliveryListOptions = {}, options?: CallOptions): Listing<WebhookDelivery> {
    return listEndpoint(this.#calls, {
      path: path`/webhook_endpoints/${id}/deliveries`,
      item: webhookDeliveryCheck,
      filters: { ...filters },
      options,
    });
  }

  /** Has deliveries made once more, with all their tries. @throws ApiError 404 `entity_not_found`. */
  async redeliver(id: string, selection: RedeliverySelection, options?: ChangeOptions): Promise<WebhookRedelivery> {
    const request = { method: "POST", ...path`/webhook_endpoints/${id}/redeliver`, body: selection } as const;
    return this.#calls.read(request, webhookRedeliveryCheck, options);
  }

  /**
   * Gives an endpoint another secret, shown in the answer and never again. The one before signs as well for
   * `overlap_seconds`, by default a day.
   */
  async rotateSecret(
    id: string,
    settings: { readonly overlap_seconds?: number | undefined } = {},
    options?: ChangeOptions,
  ): Promise<RotatedSecret> {
    const request = { method: "POST", ...path`/webhook_endpoints/${id}/rotate_secret`, body: settings } as const;
    return masked(await this.#calls.read(request, rotatedSecretCheck, options));
  }
}

function masked<T extends WebhookEndpoint>(endpoint: T): T {
  return maskWhenPrinted(endpoint, "secret");
}
