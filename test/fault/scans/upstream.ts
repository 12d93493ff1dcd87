/**
 * A service whose log and whose lists show a change at different times: each after its own delay, up to the skew, and in
 * order. It forgets the beginning of its log, loses its place in a list when the row at that place is deleted, and fails
 * now and then.
 */
import type {
  Collection,
  EventPage,
  EventSource,
  ListedPage,
  ListedRow,
  ListsSource,
  Reference,
} from "@dirsync/consumer";
import { ApiError, ConnectionError, CursorExpiredError, type DirectoryEvent } from "@dirsync/sdk";
import { between, oneOf, type Random } from "../../support/random.ts";
import type { SimulatedClock } from "../simulation/clock.ts";
import { type Thing, UpstreamState } from "./upstream-state.ts";

/** What a list does when it is to go on after a row that is not there any more. */
export type LostPlace = "goes on" | "refuses" | "starts again";

interface Entry {
  readonly event: DirectoryEvent;
  readonly inLogAtMs: number;
  readonly inListsAtMs: number;
}

export interface UpstreamOptions {
  readonly clock: SimulatedClock;
  readonly random: Random;
  readonly skewMs: number;
  readonly lostPlace: LostPlace;
  /** How likely a request is to fail. */
  readonly failureRate: number;
}

/** Small, so that a list of a few things takes many pages. */
const pageSize = 3;
const directoryIds = ["A", "B"];

export class Upstream {
  readonly state = new UpstreamState();
  readonly log: Entry[] = [];
  /** Events before this one are forgotten. */
  forgotten = 0;
  /** True when it does not fail any more. */
  isCalm = false;
  /** How often a list lost its place. */
  placesLost = 0;
  readonly #options: UpstreamOptions;
  #lists = { atMs: 0, count: 0, state: new UpstreamState() };
  #lastMs = { inLog: 0, inLists: 0 };
  #things = 0;

  constructor(options: UpstreamOptions) {
    this.#options = options;
  }

  /** Changes something at random. */
  churn(): void {
    const { random } = this.#options;
    const directory = oneOf(random, directoryIds) ?? "A";
    if (!this.state.directories.has(directory)) return this.#emit("dsync.activated", this.#directory(directory));
    const [users, groups] = [this.state.usersIn(directory), this.state.groupsIn(directory)];
    const [user, group] = [oneOf(random, users), oneOf(random, groups)];
    const dice = random();
    if (dice < 0.25 || user === undefined) return this.#emit("dsync.user.created", this.#user(directory));
    if (dice < 0.32 || group === undefined) return this.#emit("dsync.group.created", this.#group(directory));
    if (dice < 0.52) return this.#emit("dsync.user.updated", this.#changed(user));
    if (dice < 0.57) return this.#emit("dsync.group.updated", this.#changed(group));
    if (dice < 0.66) return this.#emit("dsync.user.deleted", user);
    if (dice < 0.69) return this.#emit("dsync.group.deleted", group);
    if (dice > 0.99)
      return this.#emit("dsync.deleted", this.state.directories.get(directory) ?? this.#directory(directory));
    const isMember = this.state.members.has(`${group.id} ${user.id}`);
    const membership = { directory_id: directory, user, group };
    return this.#emit(isMember ? "dsync.group.user_removed" : "dsync.group.user_added", membership);
  }

  /** What the service had when its log came to this event; null for nothing but what is forgotten. */
  stateAt(eventId: string | null): UpstreamState {
    const state = new UpstreamState();
    if (eventId === null) {
      for (const { event } of this.log.slice(0, this.forgotten)) state.apply(event);
      return state;
    }
    for (const { event } of this.log) {
      state.apply(event);
      if (event.id === eventId) return state;
    }
    throw new Error(`Nobody ever emitted ${eventId}.`);
  }

  source(): EventSource {
    return {
      identity: "https://simulated.test",
      read: async (after, _start, signal) => {
        await this.#travel(2, 30, signal);
        const page = this.#pageOf(after);
        await this.#travel(2, 80, signal);
        return page;
      },
    };
  }

  lists(): ListsSource {
    return {
      identity: "https://simulated.test",
      page: async (collection, after, signal) => {
        await this.#travel(5, 60, signal);
        const page = this.#listed(collection, after);
        await this.#travel(5, 400, signal);
        return page;
      },
      get: async (reference, signal) => {
        await this.#travel(5, 60, signal);
        const row = this.#one(reference);
        await this.#travel(5, 60, signal);
        return row;
      },
    };
  }

  #pageOf(after: string | null): EventPage {
    const nowMs = this.#options.clock.nowMs;
    const index = after === null ? this.forgotten : this.log.findIndex(({ event }) => event.id === after) + 1;
    if (after !== null && index <= this.forgotten)
      throw new CursorExpiredError(`No event ${after}.`, { cursor: after });
    const visible = this.log.slice(index, index + pageSize + 1).filter(({ inLogAtMs }) => inLogAtMs <= nowMs);
    const events = visible.slice(0, pageSize).map(({ event }) => event);
    return { events, hasMore: visible.length > pageSize, answeredAtMs: nowMs };
  }

  #listed(collection: Collection, after: string | null): ListedPage {
    const rows = [...this.#rowsOf(collection)].sort((one, other) => (one.id < other.id ? -1 : 1));
    const start = after === null ? 0 : this.#placeAfter(rows, after);
    const page = rows.slice(start, start + pageSize);
    const isLast = start + pageSize >= rows.length;
    return { rows: page, after: isLast ? null : (page.at(-1)?.id ?? null) };
  }

  #placeAfter(rows: readonly ListedRow[], after: string): number {
    const index = rows.findIndex(({ id }) => id === after);
    if (index !== -1) return index + 1;
    this.placesLost += 1;
    switch (this.#options.lostPlace) {
      case "refuses":
        throw refused(400);
      case "starts again":
        return 0;
      case "goes on": {
        const next = rows.findIndex(({ id }) => id > after);
        return next === -1 ? rows.length : next;
      }
      default:
        return this.#options.lostPlace satisfies never;
    }
  }

  #rowsOf(collection: Collection): readonly ListedRow[] {
    const state = this.#visible();
    if (collection.kind === "directory") return [...state.directories.values()];
    if (!state.directories.has(collection.directoryId)) throw refused(404);
    if (collection.kind !== "membership") {
      return collection.kind === "user"
        ? state.usersIn(collection.directoryId)
        : state.groupsIn(collection.directoryId);
    }
    if (!state.groups.has(collection.groupId)) throw refused(404);
    return state.membersOf(collection.groupId);
  }

  #one(reference: Reference): ListedRow | null {
    const state = this.#visible();
    if (reference.kind === "membership") {
      const isMember = state.members.has(`${reference.groupId} ${reference.userId}`);
      return isMember ? (state.users.get(reference.userId) ?? null) : null;
    }
    const things = { directory: state.directories, user: state.users, group: state.groups }[reference.kind];
    return things.get(reference.id) ?? null;
  }

  /** What the lists show by now. */
  #visible(): UpstreamState {
    const { nowMs } = this.#options.clock;
    const lists = this.#lists;
    for (
      let entry = this.log[lists.count];
      entry !== undefined && entry.inListsAtMs <= nowMs;
      entry = this.log[lists.count]
    ) {
      lists.state.apply(entry.event);
      lists.count += 1;
    }
    return lists.state;
  }

  async #travel(leastMs: number, mostMs: number, signal: AbortSignal): Promise<void> {
    const { clock, random, failureRate } = this.#options;
    await clock.sleep(between(random, leastMs, mostMs), signal);
    if (random() < failureRate && !this.isCalm)
      throw new ConnectionError("The service is away for a moment.", { code: "unreachable" });
  }

  #emit(name: string, data: Thing | Readonly<Record<string, unknown>>): void {
    const { clock, random, skewMs } = this.#options;
    const number = this.log.length + 1;
    const createdAt = new Date(clock.nowMs).toISOString();
    const event = { object: "event" as const, id: `event_${number}`, event: name, data, created_at: createdAt };
    const inLogAtMs = Math.max(this.#lastMs.inLog, clock.nowMs + Math.floor(random() * skewMs));
    const inListsAtMs = Math.max(this.#lastMs.inLists, clock.nowMs + Math.floor(random() * skewMs));
    // Neither is further from the other than the skew.
    const inLog = Math.max(inLogAtMs, inListsAtMs - skewMs);
    const inLists = Math.max(inListsAtMs, inLog - skewMs);
    this.#lastMs = { inLog, inLists };
    this.log.push({ event, inLogAtMs: inLog, inListsAtMs: inLists });
    this.state.apply(event);
  }

  #directory(id: string): Thing {
    return {
      ...this.#dates(),
      id,
      name: `Directory ${id}`,
      type: "okta scim v2.0",
      state: "active",
      organization_id: `o${id}`,
    };
  }

  #user(directory: string): Thing {
    const id = this.#nextId(directory);
    return { ...this.#dates(), id, directory_id: directory, email: `${id}@acme.test`, state: "active", level: 0 };
  }

  #group(directory: string): Thing {
    const id = this.#nextId(directory);
    return { ...this.#dates(), id, directory_id: directory, name: `Group ${id}`, level: 0 };
  }

  #changed(thing: Thing): Thing {
    const level = between(this.#options.random, 0, 9);
    return { ...thing, level, updated_at: this.#second() } as Thing;
  }

  /** Ids do not grow with time: what is new may stand anywhere in a list. */
  #nextId(directory: string): string {
    this.#things += 1;
    return `${directory}${between(this.#options.random, 100, 999)}${this.#things}`;
  }

  #dates(): { readonly created_at: string; readonly updated_at: string } {
    const at = this.#second();
    return { created_at: at, updated_at: at };
  }

  /** As coarse as many services write it. */
  #second(): string {
    return new Date(Math.floor(this.#options.clock.nowMs / 1_000) * 1_000).toISOString();
  }
}

function refused(status: number): ApiError {
  const details = {
    code: "not_found",
    retryable: false,
    requestId: null,
    retryAfterMs: null,
    problems: [],
    bodyExcerpt: "",
  };
  return new ApiError(`Upstream answered ${status}.`, { ...details, status });
}
