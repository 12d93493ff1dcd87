import { literal, nullish, object, text, type Check } from "../contract/check.ts";
import type { ApiCalls, CallOptions } from "../http/call.ts";
import type { Listing } from "../http/paginate.ts";
import { path } from "../http/path.ts";
import { listEndpoint, type PageOptions } from "../resources/list-endpoint.ts";

/** Something that was changed by the API of a Dirsync server, and by whom. */
export interface AuditEntry {
  readonly object: "audit_entry";
  readonly id: string;
  /** `api_key`, `portal_session` for a visitor of the setup portal, or `server` for what it did by itself; `id` tells one from another. */
  readonly actor: { readonly type: string; readonly id?: string | null | undefined };
  /** Such as `directory.deleted`. */
  readonly action: string;
  readonly target_id?: string | null | undefined;
  /** The `X-Request-ID` of the answer. */
  readonly request_id?: string | null | undefined;
  readonly user_agent?: string | null | undefined;
  readonly created_at: string;
  readonly [field: string]: unknown;
}

/** Which entries to list. */
export interface AuditLogListOptions extends PageOptions {
  /** About the object with this id. */
  readonly target?: string | undefined;
  readonly action?: string | undefined;
}

const entryCheck: Check<AuditEntry> = object({
  object: literal("audit_entry"),
  id: text,
  actor: object<{ type: string; id?: string | null | undefined }>({ type: text, id: nullish(text) }),
  action: text,
  target_id: nullish(text),
  request_id: nullish(text),
  user_agent: nullish(text),
  created_at: text,
});

/** Who changed what by the API. */
export class AuditLog {
  readonly #calls: ApiCalls;

  constructor(calls: ApiCalls) {
    this.#calls = calls;
  }

  /** Entries, by default the newest first. */
  list(filters: AuditLogListOptions = {}, options?: CallOptions): Listing<AuditEntry> {
    return listEndpoint(this.#calls, { path: path`/audit_log`, item: entryCheck, filters: { ...filters }, options });
  }
}
