/** How a check ended. A warning is worth a look; a failure keeps `dirsync tail` from doing its work. */
export type Verdict = "ok" | "warning" | "failed" | "skipped";

/** What a check found. */
export interface Finding {
  /** Names the check: a word for people and programs. */
  readonly check: string;
  readonly verdict: Verdict;
  /** What is so. Ids, paths and numbers; never a secret. */
  readonly detail: string;
  /** What to do about it; null when there is nothing to do. */
  readonly advice: string | null;
  /** The exit code that `dirsync tail` would end with because of it; only where it failed. */
  readonly exitCode?: number;
  /** What is not as it should be, one by one and for programs, where that is counted. */
  readonly differences?: readonly Readonly<Record<string, string>>[];
}

/** Everything is in order. */
export function ok(check: string, detail: string): Finding {
  return { check, verdict: "ok", detail, advice: null };
}

/** Worth a look. */
export function warning(check: string, detail: string, advice: string): Finding {
  return { check, verdict: "warning", detail, advice };
}

/** Nothing could be said, because something else is missing. */
export function skipped(check: string, detail: string): Finding {
  return { check, verdict: "skipped", detail, advice: null };
}

/** What stands in the way. */
export function failed(
  check: string,
  what: Pick<Finding, "detail" | "advice"> & { readonly exitCode: number },
): Finding {
  return { check, verdict: "failed", ...what };
}
