/**
 * What is under way, by id, for very much that is under way for a very short time.
 *
 * The things themselves are not in the map. Whenever a map has seen as many deletions as it has room it moves to a new
 * table, and V8 links the old one to it; once one of them has become old, all that was in it and in those behind it is
 * kept until the next full collection. So the map has numbers of places, and what is deleted is let go at once.
 */
export class InFlight<T> {
  readonly #placeById = new Map<string, number>();
  readonly #places: (T | undefined)[] = [];
  readonly #free: number[] = [];

  has(id: string): boolean {
    return this.#placeById.has(id);
  }

  get(id: string): T | undefined {
    const place = this.#placeById.get(id);
    return place === undefined ? undefined : this.#places[place];
  }

  /** Nothing else may be under way by this id. */
  add(id: string, value: T): void {
    const place = this.#free.pop() ?? this.#places.length;
    this.#places[place] = value;
    this.#placeById.set(id, place);
  }

  /** Returns what was under way by this id. */
  take(id: string): T | undefined {
    const place = this.#placeById.get(id);
    if (place === undefined) return undefined;
    const value = this.#places[place];
    this.#placeById.delete(id);
    this.#places[place] = undefined;
    this.#free.push(place);
    return value;
  }

  /** Everything, in the order in which it was added. */
  takeAll(): T[] {
    return [...this.#placeById.keys()].map((id) => this.take(id)).filter((value) => value !== undefined);
  }
}
