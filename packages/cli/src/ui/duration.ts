const units = [
  ["d", 86_400],
  ["h", 3_600],
  ["min", 60],
  ["s", 1],
] as const;

/** How long something takes, in the two largest units that matter: `42 s`, `4 min 10 s`, `2 h 5 min`, `3 d`. */
export function durationOf(seconds: number): string {
  const whole = Math.max(0, Math.ceil(seconds));
  const largest = units.findIndex(([, size]) => whole >= size);
  if (largest === -1) return "0 s";
  let rest = whole;
  const parts: string[] = [];
  for (const [unit, size] of units.slice(largest, largest + 2)) {
    const count = Math.floor(rest / size);
    rest -= count * size;
    if (count > 0) parts.push(`${count} ${unit}`);
  }
  return parts.join(" ");
}
