/**
 * Where events stand that upstream lists among others whose places are known: between their neighbours, in their order.
 * `lastBefore` gives the last place that is taken before another, for those that are listed before all that is known. What
 * is listed behind all that is known has no place among it yet, and is left out.
 */
export function placesAmong(
  listed: readonly string[],
  known: ReadonlyMap<string, number>,
  lastBefore: (place: number) => number,
): ReadonlyMap<string, number> {
  const places = new Map<string, number>();
  let unknown: string[] = [];
  let behind: number | null = null;
  for (const id of listed) {
    const place = known.get(id);
    if (place === undefined) {
      unknown.push(id);
      continue;
    }
    const from = behind !== null && behind < place ? behind : lastBefore(place);
    const step = (place - from) / (unknown.length + 1);
    for (const [index, each] of unknown.entries()) places.set(each, from + step * (index + 1));
    unknown = [];
    behind = place;
  }
  return places;
}
