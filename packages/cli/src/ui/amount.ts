/** A count with its thousands set apart. */
export function grouped(count: number): string {
  return count.toLocaleString("en-US");
}

/** How many of something, as people say it: `amount(1, "event")` is "1 event", `amount(2000, "event")` is "2,000 events". */
export function amount(count: number, noun: string): string {
  return count === 1 ? `1 ${noun}` : `${grouped(count)} ${noun}s`;
}
