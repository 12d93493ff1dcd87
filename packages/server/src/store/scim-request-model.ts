import type { NewScimRequest, ScimRequestRow } from "./tables.ts";
import type { Window } from "./windows.ts";

/** Which requests are meant. All given conditions hold. */
export interface ScimRequestFilter {
  readonly directorySeq?: number;
  /** Both inclusive. */
  readonly statusFrom: number;
  readonly statusTo: number;
}

/** The log of SCIM requests. */
export interface ScimRequests {
  append(rows: readonly NewScimRequest[]): Promise<void>;
  find(id: string): Promise<ScimRequestRow | undefined>;
  page(filter: ScimRequestFilter, window: Window): Promise<ScimRequestRow[]>;
  /** Forgets all but the newest `rowsMax`, and what came before `beforeMs`, epoch milliseconds. */
  prune(kept: { readonly rowsMax: number; readonly beforeMs: number }): Promise<void>;
}
