import type { EventName } from "../contract/events.ts";
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
}

/** Hides the secret where an endpoint is printed. */
export function masked<T extends WebhookEndpoint>(endpoint: T): T {
  return maskWhenPrinted(endpoint, "secret");
}
