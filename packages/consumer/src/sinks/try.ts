import type { DirectoryEvent } from "@dirsync/sdk";
import type { Attempt, Cut } from "../model.ts";

/** A try that waits for a program or its answer. */
export interface Try {
  readonly event: DirectoryEvent;
  readonly attempt: Attempt;
  readonly cut: Cut;
  /** Listens to the cut. */
  readonly onCut: () => void;
  readonly resolve: () => void;
  readonly reject: (failure: Error) => void;
}

/** Ends a try, once; null says that the event is durable. */
export function settle({ cut, onCut, resolve, reject }: Try, failure: Error | null): void {
  cut.unlisten(onCut);
  if (failure === null) resolve();
  else reject(failure);
}
