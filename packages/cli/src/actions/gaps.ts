import type { Gap } from "@dirsync/consumer";

/** A gap as JSON output has it. */
export function gapToJson(gap: Gap): Readonly<Record<string, string | number | null>> {
  return {
    id: gap.id,
    reason: gap.reason,
    opened_at: isoOf(gap.openedAtMs),
    from_cursor: gap.fromCursor,
    verified_through: isoOf(gap.verifiedThroughAtMs),
    resumed_at: isoOf(gap.resumedAtMs),
  };
}

/** A gap for people: since when events may be missing, and why. */
export function tellGap({ reason, verifiedThroughAtMs, fromCursor, resumedAtMs }: Gap): string {
  const since = isoOf(verifiedThroughAtMs) ?? fromCursor ?? "the beginning";
  return `events between ${since} and ${isoOf(resumedAtMs) ?? "now"} may be missing: ${reasons[reason]}`;
}

const reasons: Readonly<Record<Gap["reason"], string>> = {
  expired: "the service no longer keeps what came after the last event read",
  reset: "the service no longer has the last event read, which it should",
  rolled_back: "the service has what came before the last event read, but not that",
};

/** ISO 8601; null stays null. */
export function isoOf(ms: number | null): string | null {
  return ms === null ? null : new Date(ms).toISOString();
}
