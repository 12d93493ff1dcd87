import type { ListFlags } from "./listing.ts";

/** What `dirsync state` can list. */
export const stateParts = ["directories", "users", "groups", "memberships"] as const;

/** One of them. */
export type StatePart = (typeof stateParts)[number];

/** Flags of `dirsync state`. */
export interface StateFlags extends ListFlags {
  readonly directory?: string;
  readonly at?: string;
}
