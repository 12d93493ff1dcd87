/** What the torture and the process with the handlers say to each other. */
import type { Point, Trace } from "./model.ts";

/** Where the process writes its reports: behind the standard streams and Node's own channel. */
export const reportDescriptor = 4;

/** What happens to a try. */
export type Injection =
  | { readonly kind: "kill"; readonly point: Point }
  | { readonly kind: "cut"; readonly point: Point }
  | { readonly kind: "refuse"; readonly effect: number }
  /** Killed as soon as the handler has resolved. */
  | { readonly kind: "kill_resolved" };

/** One try. */
export interface Try {
  readonly id: number;
  readonly event: unknown;
  readonly seq: number;
  readonly epoch: number;
  readonly number: number;
  readonly lane: string;
  readonly replay: boolean;
  readonly injection: Injection | null;
}

/** What the process is told to do, over Node's own channel. Each is answered, but for `abort`. */
export type Order =
  | { readonly order: "load"; readonly folder: string; readonly file: string; readonly cacheFolder: string }
  | { readonly order: "reset" }
  | { readonly order: "snapshot" }
  /** Tries that begin together. After them, up to `settleMs` are waited for what goes on after its promise. */
  | { readonly order: "deliver"; readonly tries: readonly Try[]; readonly settleMs: number }
  | { readonly order: "abort"; readonly id: number };

/** What the process says, one JSON value a line, each written before anything else happens. */
export type Report =
  | { readonly report: "loaded"; readonly hasHarness: boolean }
  | { readonly report: "reset" }
  | { readonly report: "snapshot"; readonly snapshot: unknown }
  | { readonly report: "failed"; readonly message: string }
  | ({ readonly report: "ended"; readonly id: number; readonly error: Refusal | null } & Trace)
  /** All tries of an order have ended, and what was waited for is over. */
  | { readonly report: "settled" }
  /** The process is about to kill itself, as it was told to. */
  | { readonly report: "killing"; readonly id: number }
  | { readonly report: "cut"; readonly id: number }
  | { readonly report: "stray"; readonly kind: "late" | "unhandled"; readonly id: number; readonly message: string };

/** Why a handler rejected. */
export interface Refusal {
  readonly message: string;
  /** True when the handler gave the event up for good. */
  readonly isFinal: boolean;
}
