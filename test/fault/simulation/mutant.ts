/** What a consumer that is broken on purpose is made of. */
import type { EventSource, Journal, Policy, ReplaySelection, Sink } from "@dirsync/consumer";
import type { DirectoryEvent, Runtime, Transport } from "@dirsync/sdk";

/** What a mutant may ask of the life it is in. */
export interface Surroundings {
  /** The journal of whichever process holds the state file now. */
  readonly holder: () => Journal | null;
  readonly isDraining: () => boolean;
  /** The service's clock. */
  readonly now: () => number;
  /** A moment at which the process may be killed. */
  readonly crashPoint: () => Promise<void>;
}

/** One way of being broken. What it does not name works as it should. */
export interface Mutant {
  readonly journal?: (journal: Journal, surroundings: Surroundings) => Journal;
  readonly source?: (source: EventSource, surroundings: Surroundings) => EventSource;
  readonly transport?: (transport: Transport) => Transport;
  readonly policy?: (policy: Policy) => Policy;
  readonly runtime?: (runtime: Runtime) => Runtime;
  readonly wants?: (wants: Filtering) => Filtering;
  readonly sink?: (sink: Sink) => Sink;
  /** What a visitor's request for another try becomes. */
  readonly redriveForced?: true;
  /** What a visitor's choice of events to replay becomes. */
  readonly selection?: (selection: ReplaySelection) => ReplaySelection;
  /** Where one begins to look for it, because the first seeds do not show it. Default 1. */
  readonly shownFrom?: number;
  /** Promises of which at least one must be seen broken. */
  readonly breaks: readonly string[];
}

/** Tells which events a sink is to get. */
export type Filtering = (event: DirectoryEvent) => boolean;
/** What a dispatcher records. */
export type Step = Parameters<Journal["step"]>[1];
/** The outcomes in it. */
export type Finished = Step["finished"];

/** The journal with another way of taking steps. */
export function withStep(journal: Journal, step: Journal["step"]): Journal {
  return intercepted(journal, { step });
}

/** The journal with some of its methods replaced. */
export function intercepted(journal: Journal, replaced: Partial<Journal>): Journal {
  return new Proxy(journal, {
    get: (target, name) => {
      if (name in replaced) return Reflect.get(replaced, name) as unknown;
      const member: unknown = Reflect.get(target, name, target);
      return typeof member === "function" ? (member.bind(target) as unknown) : member;
    },
  });
}
