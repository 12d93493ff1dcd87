import { bag, flag, list, literal, nullish, number, object, text, type Check } from "../contract/check.ts";
import type { ApiCalls, CallOptions, ChangeOptions } from "../http/call.ts";
import type { Listing } from "../http/paginate.ts";
import { path } from "../http/path.ts";
import { listEndpoint, type PageOptions } from "../resources/list-endpoint.ts";

/** A SCIM request that an identity provider sent, and how it was answered. */
export interface ScimRequest {
  readonly object: "scim_request";
  /** The `X-Request-ID` of the answer. */
  readonly id: string;
  readonly directory_id: string;
  /** When it came. */
  readonly created_at: string;
  readonly method: string;
  /** Below the directory's SCIM address, with the query. */
  readonly path: string;
  readonly status: number;
  readonly duration_ms: number;
  readonly user_agent?: string | null | undefined;
  /** What a refusal said. */
  readonly scim_error?: { readonly scimType?: string | null | undefined; readonly detail: string } | null | undefined;
  /** False when its body was not kept whole. */
  readonly replayable: boolean;
  readonly [field: string]: unknown;
}

/** The same with its bodies. Passwords and tokens in them read `[redacted]`. */
export interface ScimRequestDetail extends ScimRequest {
  /** Its If-Match header: the versions it was meant for. Sent with it when it is sent once more. */
  readonly if_match?: string | null | undefined;
  readonly if_none_match?: string | null | undefined;
  /** Null where there was none, or where it is not kept. At most 64 KiB. */
  readonly request_body?: string | null | undefined;
  /** At most 16 KiB. */
  readonly response_body?: string | null | undefined;
}

/** What came of a request that was sent once more. */
export interface ScimReplay {
  readonly object: "scim_replay";
  readonly scim_request_id: string;
  readonly dry_run: boolean;
  readonly status: number;
  /** Empty when the answer had none. */
  readonly response_body: string;
  /** Events it has caused, or would cause. */
  readonly events: readonly Readonly<Record<string, unknown>>[];
  readonly [field: string]: unknown;
}

/** Which requests to list. */
export interface ScimRequestListOptions extends PageOptions {
  /** Of this directory. */
  readonly directory?: string | undefined;
  /** A status such as `409`, or `4xx` for all that begin so. */
  readonly status?: string | undefined;
}

const requestFields = {
  object: literal("scim_request"),
  id: text,
  directory_id: text,
  created_at: text,
  method: text,
  path: text,
  status: number,
  duration_ms: number,
  user_agent: nullish(text),
  scim_error: nullish(
    object<{ detail: string; scimType?: string | null | undefined }>({ scimType: nullish(text), detail: text }),
  ),
  replayable: flag,
};

const requestCheck: Check<ScimRequest> = object(requestFields);
const detailCheck: Check<ScimRequestDetail> = object({
  ...requestFields,
  if_match: nullish(text),
  if_none_match: nullish(text),
  request_body: nullish(text),
  response_body: nullish(text),
});
const replayCheck: Check<ScimReplay> = object({
  object: literal("scim_replay"),
  scim_request_id: text,
  dry_run: flag,
  status: number,
  response_body: text,
  events: list(bag),
});

/** What identity providers sent, and how it was answered. The server keeps the last ones only. */
export class ScimRequests {
  readonly #calls: ApiCalls;

  constructor(calls: ApiCalls) {
    this.#calls = calls;
  }

  /** Requests, by default the newest first. */
  list(filters: ScimRequestListOptions = {}, options?: CallOptions): Listing<ScimRequest> {
    return listEndpoint(this.#calls, {
      path: path`/scim_requests`,
      item: requestCheck,
      filters: { ...filters },
      options,
    });
  }

  /** One request with its bodies. @throws ApiError 404 when it is not kept, or never was. */
  async get(id: string, options?: CallOptions): Promise<ScimRequestDetail> {
    return this.#calls.read({ method: "GET", ...path`/scim_requests/${id}` }, detailCheck, options);
  }

  /**
   * Sends a request to its directory once more. With `dry_run` nothing is kept of what it does.
   * @throws ApiError 409 `not_replayable`, `directory_gone` or `dry_run_unsupported`.
   */
  async replay(
    id: string,
    settings: { readonly dry_run?: boolean | undefined } = {},
    options?: ChangeOptions,
  ): Promise<ScimReplay> {
    const request = { method: "POST", ...path`/scim_requests/${id}/replay`, body: settings } as const;
    return this.#calls.read(request, replayCheck, options);
  }
}
