import type { Batch } from "./kinds.ts";

/** Takes an export, whichever form it is to have. */
export interface Writer {
  /** Takes rows. Resolves when more may come. */
  write(batch: Batch): Promise<void>;
  /** Everything has come: puts the result in its place. */
  finish(): Promise<void>;
  /** Takes away what has been written so far. */
  abandon(): Promise<void>;
}
