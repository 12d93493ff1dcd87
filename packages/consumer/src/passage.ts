/**
 * A map for very much that is in it for a very short time.
 *
 * The things themselves are not in the map below. Whenever a map has seen as many deletions as it has room it moves to a
 * new table, and V8 links the old one to it; once one of them has become old, all that was in it and in those behind it is
 * kept until the next full collection. So the map has numbers of places, and what is taken out is let go at once.
 */
export class Passage<K extends string | number, T> {
  readonly #placeByKey = new Map<K, number>();
  readonly #places: (T | undefined)[] = [];
  readonly #free: number[] = [];

  get size(): number {
    return this.#placeByKey.size;
  }

  has(key: K): boolean {
    return this.#placeByKey.has(key);
  }

  get(key: K): T | undefined {
    const place = this.#placeByKey.get(key);
    return place === undefined ? undefined : this.#places[place];
  }

  /** Nothing may be there by this key. */
  add(key: K, value: T): void {
    const place = this.#free.pop() ?? this.#places.length;
    this.#places[place] = value;
    this.#placeByKey.set(key, place);
  }

  /** Takes out what is there by this key, and returns it. */
  take(key: K): T | undefined {
    const place = this.#placeByKey.get(key);
    if (place === undefined) return undefined;
    const value = this.#places[place];
    this.#placeByKey.delete(key);
    this.#places[place] = undefined;
    this.#free.push(place);
    return value;
  }

  /** Takes everything out, in the order in which it came. */
  takeAll(): T[] {
    const values = [...this.#placeByKey.values()].map((place) => this.#places[place] as T);
    this.#placeByKey.clear();
    this.#places.length = this.#free.length = 0;
    return values;
  }
}
