import type { DirectoryEvent } from "@dirsync/sdk";
import type { Cursor, Failure, GapReason } from "./model.ts";

/** What happened, for metrics. Nothing waits for whoever is told. */
export type Fact =
  /** A page was stored. It may have been asked for early, and then always says that there is more. */
  | { readonly kind: "read"; readonly count: number; readonly headSeq: number; readonly hasMore: boolean }
  | {
      readonly kind: "delivered";
      readonly sink: string;
      readonly seq: number;
      readonly event: DirectoryEvent;
      /** Milliseconds from the event's `created_at`; null when that is no time. */
      readonly latencyMs: number | null;
      readonly replay: boolean;
    }
  /** The sink's filter does not want the event. */
  | { readonly kind: "skipped"; readonly sink: string; readonly seq: number }
  | {
      readonly kind: "retry";
      readonly sink: string;
      readonly seq: number;
      readonly failure: Failure;
      readonly nextAtMs: number;
    }
  | { readonly kind: "dead"; readonly sink: string; readonly seq: number; readonly failure: Failure }
  /** Every event failed for a while (or one was taken again): from now on one is tried at a time, without charge. */
  | { readonly kind: "circuit"; readonly sink: string; readonly isOpen: boolean }
  /** The sink takes nothing more until the process is started again; `seq` is the event that showed it. */
  | { readonly kind: "halted"; readonly sink: string; readonly seq: number; readonly failure: Failure }
  /** The event is ordered behind a dead letter and waits for a person. */
  | { readonly kind: "parked"; readonly sink: string; readonly seq: number }
  /** Upstream no longer has events that were never read. */
  | { readonly kind: "gap"; readonly reason: GapReason; readonly fromCursor: Cursor | null }
  /** Events came later than their place in the log. */
  | { readonly kind: "late"; readonly count: number }
  /** Upstream listed what is no event; it is kept as source dead letters. */
  | { readonly kind: "refused"; readonly count: number }
  /** Upstream asked to be left alone for a while. */
  | { readonly kind: "rate"; readonly retryAfterMs: number }
  /** The journal refuses writes (or takes them again): a full disk. `who` is the stream or the sink that waits for it. */
  | { readonly kind: "storage"; readonly who: string; readonly isRefused: boolean };
