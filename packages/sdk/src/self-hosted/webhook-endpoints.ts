import type { ApiCalls, CallOptions, ChangeOptions } from "../http/call.ts";
import type { Listing } from "../http/paginate.ts";
import { path } from "../http/path.ts";
import { listEndpoint, type PageOptions } from "../resources/list-endpoint.ts";
import { masked, WebhookEndpoints } from "../resources/webhook-endpoints.ts";
import {
  rotatedSecretCheck,
  type RotatedSecret,
  webhookDeliveryCheck,
  type WebhookDelivery,
  webhookEndpointStandingCheck,
  type WebhookEndpointStanding,
  webhookRedeliveryCheck,
  type WebhookRedelivery,
} from "./webhook-delivery.ts";

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

/** The addresses that are told of events, and what became of what they were told. */
export class OwnWebhookEndpoints extends WebhookEndpoints {
  readonly #calls: ApiCalls;

  constructor(calls: ApiCalls) {
    super(calls);
    this.#calls = calls;
  }

  /**
   * One endpoint and where it stands: what waits, what was given up, why it was disabled.
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
