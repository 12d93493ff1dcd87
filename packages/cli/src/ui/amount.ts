/** How many of something, as people say it: `amount(1, "event")` is "1 event", `amount(2, "event")` is "2 events". */
export function amount(count: number, noun: string): string {
  return count === 1 ? `1 ${noun}` : `${count} ${noun}s`;
}
