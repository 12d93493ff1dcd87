/** Writes a short table of what a suite measured to standard output, so that a run leaves its numbers behind. */
export function printTable(title: string, rows: Readonly<Record<string, string | number>>): void {
  const width = Math.max(...Object.keys(rows).map(({ length }) => length));
  const lines = Object.entries(rows).map(([name, value]) => `  ${name.padEnd(width)}  ${value}`);
  process.stdout.write(`\n${title}\n${lines.join("\n")}\n`);
}

/** Median and largest, in whole units. */
export function spread(values: readonly number[]): string {
  const sorted = values.map(Math.round).sort((left, right) => left - right);
  return sorted.length === 0 ? "none" : `median ${sorted[sorted.length >> 1]}, max ${sorted.at(-1)}`;
}

/** How often each value occurs: `0×81 1×14`. */
export function frequencies(values: readonly number[]): string {
  const counts = new Map<number, number>();
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1);
  const sorted = [...counts].sort(([left], [right]) => left - right);
  return sorted.map(([value, count]) => `${value}×${count}`).join(" ");
}
