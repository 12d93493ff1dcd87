/** A number in [0, 1), the next one of a sequence that a seed fixes. */
export type Random = () => number;

/** A small generator (mulberry32): the same seed gives the same choices again, which is what a finding is replayed with. */
export function seededRandom(seed: number): Random {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d_2b_79_f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** A whole number from `low` up to and including `high`. */
export function between(random: Random, low: number, high: number): number {
  return low + Math.floor(random() * (high - low + 1));
}

/** Up to `count` of the items, in their own order. */
export function sample<T>(random: Random, items: readonly T[], count: number): readonly T[] {
  const rest = items.map((_item, index) => index);
  const drawn = new Set<number>();
  while (drawn.size < count && rest.length > 0) {
    const [index] = rest.splice(between(random, 0, rest.length - 1), 1);
    if (index !== undefined) drawn.add(index);
  }
  return items.filter((_item, index) => drawn.has(index));
}
