/**
 * Who may start, by locks.
 *
 * Each key has a queue of groups: one entry that needs the key for itself, or any number that share it. An entry is
 * blocked while one of its groups is not the first of its queue, so it waits for every earlier entry it conflicts with
 * and for no other; what comes later never overtakes it at a key, so nobody waits for ever. An entry keeps its places
 * until it is settled: taking it or putting it back changes nothing for those behind it.
 */
import type { Locks, WorkItem } from "../model.ts";
import { Passage } from "../passage.ts";

/** An entry with the name of its lane. */
export interface LaneItem {
  readonly lane: string;
  readonly item: WorkItem;
}

/** How much is taken at once. */
export interface TakeLimits {
  /** Most runs, and most entries in each. */
  readonly max: number;
  readonly runMax: number;
  /** True to fill runs up with entries that do not conflict. Without it, a run is of one lane. */
  readonly isFilled?: boolean;
}

interface Group {
  readonly isExclusive: boolean;
  /** Members that are not settled. */
  count: number;
  /** Members, until the group is the first of its queue; then nobody needs to find them any more. */
  waiting: Entry[];
  next: Group | null;
}

interface Queue {
  readonly key: string;
  first: Group;
  last: Group;
}

interface Entry extends LaneItem {
  item: WorkItem;
  readonly locks: Locks;
  /** Its places; the first one is its lane's. */
  places: { readonly queue: Queue; readonly group: Group }[];
  /** Places in groups that are not the first of their queue. */
  blocked: number;
  isTaken: boolean;
}

/** The entries that a sink holds in memory. */
export class Lanes {
  readonly #queues = new Map<string, Queue>();
  /** By position, in the order they were added. */
  readonly #entries = new Passage<number, Entry>();
  /** Positions of those due and not blocked, in the order they became so: nobody is passed over for ever. */
  readonly #ready = new Set<number>();
  /** Not blocked, but perhaps not due. */
  readonly #sleeping = new Set<number>();
  /** When the first of those is due. */
  #wakesAtMs = Number.POSITIVE_INFINITY;
  #taken = 0;
  #characters = 0;

  /** Entries waiting, not counting those taken. */
  get size(): number {
    return this.#entries.size - this.#taken;
  }

  /** True when nothing is left that is not settled, also of what was taken. */
  get isEmpty(): boolean {
    return this.#entries.size === 0;
  }

  /** About how much memory the entries need, those taken included: their length as JSON. */
  get characters(): number {
    return this.#characters;
  }

  /** True when the entry at this position is waiting or taken. */
  has(seq: number): boolean {
    return this.#entries.has(seq);
  }

  /** Puts an entry behind all that are here. Entries that conflict must be added in journal order. */
  add(item: WorkItem, locks: Locks, lane: string): void {
    const entry: Entry = { item, lane, locks, places: [], blocked: 0, isTaken: false };
    this.#entries.add(item.seq, entry);
    this.#characters += item.characters ?? 0;
    this.#enter(entry);
  }

  /**
   * Takes runs of entries that may be delivered one after the other: a first one that is due and not blocked, and those
   * of its lane that wait for nothing but what is before them in the run. What has been tried before is alone in its
   * run, because it may be what ended the last one.
   */
  take(nowMs: number, { max, runMax, isFilled = false }: TakeLimits): readonly (readonly LaneItem[])[] {
    if (nowMs >= this.#wakesAtMs) this.#wake(nowMs);
    const runs: Entry[][] = [];
    for (const entry of this.#readyEntries()) {
      if (runs.length >= max) break;
      const run: Entry[] = [];
      const front = new Front();
      this.#begin(entry, run, front);
      if (isFresh(entry, nowMs)) {
        this.#follow(run, front, { nowMs, runMax });
        if (isFilled) this.#fill(run, front, { nowMs, runMax });
      }
      runs.push(run);
    }
    return runs;
  }

  /** Lets those behind an entry go on; it is finished. */
  settle(seq: number): void {
    const entry = this.#letGo(seq);
    this.#entries.take(seq);
    this.#characters -= entry.item.characters ?? 0;
    for (const { queue, group } of entry.places) {
      group.count -= 1;
      if (group.count === 0 && group === queue.first) this.#advance(queue);
    }
  }

  /** Puts an entry that was taken back in its place, as `item`. */
  putBack(item: WorkItem): void {
    const entry = this.#letGo(item.seq);
    entry.isTaken = false;
    entry.item = item;
    if (entry.blocked === 0) this.#offer(entry);
  }

  /** Forgets the waiting entries that `keeps` does not want to keep. It is asked in the order they were added. */
  retain(keeps: (item: WorkItem, locks: Locks) => boolean): void {
    const entries = this.#entries.takeAll().filter((entry) => entry.isTaken || keeps(entry.item, entry.locks));
    for (const places of [this.#queues, this.#ready, this.#sleeping]) places.clear();
    this.#wakesAtMs = Number.POSITIVE_INFINITY;
    this.#characters = entries.reduce((sum, { item }) => sum + (item.characters ?? 0), 0);
    for (const entry of entries) {
      entry.places = [];
      entry.blocked = 0;
      this.#entries.add(entry.item.seq, entry);
      this.#enter(entry);
    }
  }

  /** When the next entry is due, in epoch milliseconds; null when there is none that is not blocked. */
  nextDueAtMs(): number | null {
    if (this.#ready.size > 0) return 0;
    return this.#sleeping.size > 0 ? this.#wakesAtMs : null;
  }

  #enter(entry: Entry): void {
    const { exclusive, shared } = entry.locks;
    for (const key of exclusive) this.#enterQueue(entry, key, true);
    for (const key of shared) this.#enterQueue(entry, key, false);
    if (entry.blocked === 0 && !entry.isTaken) this.#offer(entry);
  }

  #enterQueue(entry: Entry, key: string, isExclusive: boolean): void {
    let queue = this.#queues.get(key);
    // Named twice, a key must not make the entry wait for itself; exclusive ones come first and win.
    if (queue !== undefined && entry.places.some((place) => place.queue === queue)) return;
    let group = queue?.last;
    if (queue === undefined || group === undefined || isExclusive || group.isExclusive) {
      group = { isExclusive, count: 0, waiting: [], next: null };
      if (queue === undefined) {
        queue = { key, first: group, last: group };
        this.#queues.set(key, queue);
      } else {
        queue.last.next = group;
        queue.last = group;
      }
    }
    group.count += 1;
    entry.places.push({ queue, group });
    if (group === queue.first) return;
    group.waiting.push(entry);
    entry.blocked += 1;
  }

  #offer(entry: Entry): void {
    if (entry.item.nextAtMs === 0) {
      this.#ready.add(entry.item.seq);
      return;
    }
    this.#sleeping.add(entry.item.seq);
    this.#wakesAtMs = Math.min(this.#wakesAtMs, entry.item.nextAtMs);
  }

  *#readyEntries(): Iterable<Entry> {
    for (const seq of this.#ready) {
      const entry = this.#entries.get(seq);
      if (entry !== undefined) yield entry;
    }
  }

  #wake(nowMs: number): void {
    this.#wakesAtMs = Number.POSITIVE_INFINITY;
    for (const seq of this.#sleeping) {
      const nextAtMs = this.#entries.get(seq)?.item.nextAtMs ?? 0;
      if (nextAtMs > nowMs) {
        this.#wakesAtMs = Math.min(this.#wakesAtMs, nextAtMs);
        continue;
      }
      this.#sleeping.delete(seq);
      this.#ready.add(seq);
    }
  }

  #begin(entry: Entry, run: Entry[], front: Front): void {
    this.#ready.delete(entry.item.seq);
    entry.isTaken = true;
    this.#taken += 1;
    run.push(entry);
    front.pass(entry);
  }

  /** Adds what comes next in the lane of the run's last entry. */
  #follow(run: Entry[], front: Front, { nowMs, runMax }: RunLimits): void {
    const lane = run.at(-1)?.places[0]?.queue;
    if (lane === undefined) return;
    while (run.length < runMax) {
      const next = front.of(lane)?.waiting.find(({ isTaken }) => !isTaken);
      if (next === undefined || !isFresh(next, nowMs) || !front.isAtHead(next)) return;
      this.#begin(next, run, front);
    }
  }

  /** Adds other entries that nothing blocks, and their lanes. */
  #fill(run: Entry[], front: Front, limits: RunLimits): void {
    for (const entry of this.#readyEntries()) {
      if (run.length >= limits.runMax) return;
      if (!isFresh(entry, limits.nowMs)) continue;
      this.#begin(entry, run, front);
      this.#follow(run, front, limits);
    }
  }

  #advance(queue: Queue): void {
    const { next } = queue.first;
    // A group that has become old would keep all that come after it until the next full collection.
    queue.first.next = null;
    if (next === null) {
      this.#queues.delete(queue.key);
      return;
    }
    queue.first = next;
    const promoted = next.waiting;
    next.waiting = [];
    for (const entry of promoted) {
      entry.blocked -= 1;
      if (entry.blocked === 0 && !entry.isTaken) this.#offer(entry);
    }
  }

  #letGo(seq: number): Entry {
    const entry = this.#entries.get(seq);
    if (entry?.isTaken !== true) throw new Error(`The entry at ${seq} is not taken.`);
    this.#taken -= 1;
    return entry;
  }
}

interface RunLimits {
  readonly nowMs: number;
  readonly runMax: number;
}

/** What has been tried before may be what ended the run it was in. */
function isFresh({ item }: Entry, nowMs: number): boolean {
  return item.attempts === 0 && item.nextAtMs <= nowMs;
}

/** Where each queue would begin if the entries of a run were settled. */
class Front {
  readonly #groups = new Map<Queue, Group | null>();
  /** Members of groups that are in the run. */
  readonly #passed = new Map<Group, number>();

  of(queue: Queue): Group | null {
    const group = this.#groups.get(queue);
    return group === undefined ? queue.first : group;
  }

  /** True when an entry waits for nothing but what is in the run. */
  isAtHead({ places }: Entry): boolean {
    return places.every(({ queue, group }) => this.of(queue) === group);
  }

  pass({ places }: Entry): void {
    for (const { queue, group } of places) {
      const passed = (this.#passed.get(group) ?? 0) + 1;
      this.#passed.set(group, passed);
      if (passed === group.count) this.#groups.set(queue, group.next);
    }
  }
}
