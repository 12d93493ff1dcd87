const units = [
  ["d", 86_400],
  ["h", 3_600],
  ["min", 60],
] as const;

/** How long ago that was, in one unit that people can take in: `45 s`, `12 min`, `5 h`, `3 d`; null for no time. */
export function ageOf(sinceMs: number | null, nowMs: number): string | null {
  if (sinceMs === null) return null;
  const seconds = Math.max(0, Math.floor((nowMs - sinceMs) / 1_000));
  const [unit, size] = units.find(([, candidate]) => seconds >= 2 * candidate) ?? ["s", 1];
  return `${Math.floor(seconds / size)} ${unit}`;
}
