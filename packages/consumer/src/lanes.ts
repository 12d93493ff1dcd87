import type { WorkItem } from "./model.ts";

interface Lane {
  readonly key: string;
  readonly waiting: WorkItem[];
  isBusy: boolean;
}

/** An entry with the lane it belongs to. */
export interface LaneItem {
  readonly lane: string;
  readonly item: WorkItem;
}

/**
 * Queues by ordering key. A lane gives out one entry at a time, oldest first, and the next one only after the first
 * has been settled; lanes do not wait for each other.
 */
export class Lanes {
  readonly #lanes = new Map<string, Lane>();
  /** Lanes that may have something to give, in the order they became so: no lane is passed over for ever. */
  readonly #idle = new Set<Lane>();
  #size = 0;

  /** Entries waiting, not counting those taken. */
  get size(): number {
    return this.#size;
  }

  /** Puts an entry at the end of its lane. Entries of a lane must be added in journal order. */
  add(key: string, item: WorkItem): void {
    const lane = this.#laneOf(key);
    lane.waiting.push(item);
    this.#size += 1;
    if (!lane.isBusy) this.#idle.add(lane);
  }

  /** Takes up to `max` entries that are due, at most one from each lane. */
  take(nowMs: number, max: number): readonly LaneItem[] {
    const taken: LaneItem[] = [];
    for (const lane of this.#idle) {
      if (taken.length >= max) break;
      const [item] = lane.waiting;
      if (item === undefined || item.nextAtMs > nowMs) continue;
      lane.waiting.shift();
      lane.isBusy = true;
      this.#idle.delete(lane);
      this.#size -= 1;
      taken.push({ lane: lane.key, item });
    }
    return taken;
  }

  /** Frees the lane of an entry that is finished. */
  settle(key: string): void {
    const lane = this.#laneOf(key);
    lane.isBusy = false;
    if (lane.waiting.length > 0) this.#idle.add(lane);
    else this.#lanes.delete(key);
  }

  /** Puts an entry that has to be tried again back to the head of its lane, and frees the lane. */
  putBack(key: string, item: WorkItem): void {
    const lane = this.#laneOf(key);
    lane.waiting.unshift(item);
    this.#size += 1;
    lane.isBusy = false;
    this.#idle.add(lane);
  }

  /** When the next entry is due, in epoch milliseconds; null when no idle lane has one. */
  nextDueAtMs(): number | null {
    let next: number | null = null;
    for (const { waiting } of this.#idle) {
      const due = waiting[0]?.nextAtMs;
      if (due !== undefined && (next === null || due < next)) next = due;
    }
    return next;
  }

  #laneOf(key: string): Lane {
    const known = this.#lanes.get(key);
    if (known !== undefined) return known;
    const lane: Lane = { key, waiting: [], isBusy: false };
    this.#lanes.set(key, lane);
    return lane;
  }
}
