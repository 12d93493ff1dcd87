import type { DirectoryEvent } from "@dirsync/sdk";
import type { Synthetic } from "./model.ts";

/** How an event that was made here says so; null for one of upstream's. */
export function syntheticOf({ context }: DirectoryEvent): Synthetic | null {
  if (context?.["synthetic"] !== true) return null;
  const { cause, scan_id: scanId } = context;
  return typeof scanId === "string" ? { cause: cause as Synthetic["cause"], scanId } : null;
}
