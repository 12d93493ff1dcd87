import type { DirectoryEvent, Runtime } from "@dirsync/sdk";
import type { OnFact } from "./dispatch-log.ts";
import type { DispatchJournal } from "../journal/model.ts";
import type { Failure, Policy, Sink } from "../model.ts";

/** What a dispatcher tells whoever watches it. */
export interface DispatchReport {
  readonly sink: string;
  readonly delivered: number;
  readonly dead: number;
  /** Why the sink stopped taking events; null when it did not halt. */
  readonly halted: Failure | null;
}

/** What a dispatcher drives, and the two ways to end it. */
export interface DispatchOptions {
  readonly journal: DispatchJournal;
  readonly sink: Sink;
  readonly policy: Policy;
  /** True for the events that the sink is to get. Default all. */
  readonly wants?: ((event: DirectoryEvent) => boolean) | undefined;
  /** Told what is on record. Must not throw. */
  readonly onFact?: OnFact | undefined;
  readonly runtime: Runtime;
  /** No try begins after this; those in flight may end. */
  readonly drain: AbortSignal;
  /** Tries in flight are cut off. */
  readonly stop: AbortSignal;
}
