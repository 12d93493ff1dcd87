import type { ListedRow } from "@dirsync/consumer";
import type { Kind } from "./kinds.ts";

/** What reading everything will take. */
export interface Estimate {
  /** Null where the service does not say how many there are. */
  readonly users: number | null;
  readonly groups: number | null;
  /** At least so many: groups of more than a hundred members take more. Null as above. */
  readonly requests: number | null;
  /** How long that takes at the rates that WorkOS allows; null as above. */
  readonly secondsAtLimit: number | null;
}

const pageRows = 100;

/** Reads of `/directory_users` a second and directory (https://workos.com/docs/reference/rate-limits, seen 2026-11). */
export const userReadsPerSecond = 4;
/** Reads a second of everything else: 6,000 a minute. */
const readsPerSecond = 100;

/** Counts from what directories say about themselves (`metadata` of GET /directories). */
export function estimate(directories: readonly ListedRow[], kinds: ReadonlySet<Kind>): Estimate {
  const counts = directories.map(countsOf);
  const total = { users: 0, groups: 0, userReads: 0, otherReads: 0 };
  for (const count of counts) {
    if (count === null) return { users: null, groups: null, requests: null, secondsAtLimit: null };
    total.users += count.users;
    total.groups += count.groups;
    if (kinds.has("users")) total.userReads += pagesOf(count.users);
    if (kinds.has("memberships")) total.userReads += count.groups;
    if (kinds.has("groups") || kinds.has("memberships")) total.otherReads += pagesOf(count.groups);
  }
  return {
    users: total.users,
    groups: total.groups,
    requests: total.userReads + total.otherReads,
    secondsAtLimit: total.userReads / userReadsPerSecond + total.otherReads / readsPerSecond,
  };
}

interface Counts {
  readonly users: number;
  readonly groups: number;
}

function countsOf(directory: ListedRow): Counts | null {
  // Checked by the SDK, and absent at a service that does not count.
  const metadata = directory["metadata"] as
    | { readonly users: { readonly active: number; readonly inactive: number }; readonly groups: number }
    | undefined;
  if (metadata === undefined) return null;
  return { users: metadata.users.active + metadata.users.inactive, groups: metadata.groups };
}

function pagesOf(rows: number): number {
  return Math.max(1, Math.ceil(rows / pageRows));
}
