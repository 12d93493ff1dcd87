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
  StartPosition,
} from "@dirsync/consumer";
import { ApiError, ConnectionError, CursorExpiredError, type DirectoryEvent } from "@dirsync/sdk";
import { between, oneOf } from "../../support/random.ts";
import { Lag, type LagOptions, type Visible } from "./lag.ts";
import { Things } from "./things.ts";
import { type Thing, UpstreamState } from "./upstream-state.ts";

/** What a list does when it is to go on after a row that is not there any more. */
export type LostPlace = "goes on" | "refuses" | "starts again";

interface Entry extends Visible {
  readonly event: DirectoryEvent;
}

export interface UpstreamOptions extends LagOptions {
  readonly lostPlace: LostPlace;
  /** How likely a change of a user is to come to the log long after what happened later. */
  readonly lateRate: number;
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
  /** Events that come, or came, late. */
  readonly late: Entry[] = [];
  /** True while events may come late. */
  mayBeLate = false;
  /** True when it does not fail any more. */
  isCalm = false;
  /** How often a list lost its place. */
  placesLost = 0;
  readonly #options: UpstreamOptions;
  readonly #lists = { count: 0, waiting: [] as Entry[], state: new UpstreamState() };
  readonly #lag: Lag;
  readonly #things: Things;

  constructor(options: UpstreamOptions) {
    this.#options = options;
    this.#lag = new Lag(options);
    this.#things = new Things(options.clock, options.random);
  }

  /** Changes something at random. */
  churn(): void {
    const { random } = this.#options;
    const directory = oneOf(random, directoryIds) ?? "A";
    if (!this.state.directories.has(directory)) return this.#emit("dsync.activated", this.#things.directory(directory));
    // Nothing more happens to those of whom something is still on its way: lists would not know what is newer.
    const hidden = this.#hidden();
    const users = this.state.usersIn(directory).filter(({ id }) => !hidden.has(id));
    const groups = this.state.groupsIn(directory);
    const [user, group] = [oneOf(random, users), oneOf(random, groups)];
    const dice = random();
    if (dice < 0.25 || user === undefined) return this.#emit("dsync.user.created", this.#things.user(directory));
    if (dice < 0.32 || group === undefined) return this.#emit("dsync.group.created", this.#things.group(directory));
    if (dice < 0.52) return this.#emit("dsync.user.updated", this.#things.changed(user));
    if (dice < 0.57) return this.#emit("dsync.group.updated", this.#things.changed(group));
    if (dice < 0.66) return this.#emit("dsync.user.deleted", user);
    if (dice < 0.69) return this.#emit("dsync.group.deleted", group);
    if (dice > 0.99 && hidden.size === 0)
      return this.#emit("dsync.deleted", this.state.directories.get(directory) ?? this.#things.directory(directory));
    const isMember = this.state.members.has(`${group.id} ${user.id}`);
    const membership = { directory_id: directory, user, group };
    return this.#emit(isMember ? "dsync.group.user_removed" : "dsync.group.user_added", membership);
  }

  /** So many people come to the first directory at once. */
  hire(people: number): void {
    if (!this.state.directories.has("A")) this.#emit("dsync.activated", this.#things.directory("A"));
    for (let person = 0; person < people; person += 1) this.#emit("dsync.user.created", this.#things.user("A"));
  }

  /** So many of them go, or all there are. */
  layOff(people: number): void {
    for (const user of this.state.usersIn("A").slice(0, people)) this.#emit("dsync.user.deleted", user);
  }

  /** Somebody who was never there, and of whom the log will say nothing. */
  stranger(): Thing {
    return this.#things.user(oneOf(this.#options.random, [...this.state.directories.keys()]) ?? "A");
  }

  /** Changes something that the log will never tell of, as after events that were lost. */
  changeUntold(name: string, data: Thing): void {
    const createdAt = new Date(this.#options.clock.nowMs).toISOString();
    const event = { object: "event" as const, id: `lost_${data.id}`, event: name, data, created_at: createdAt };
    this.state.apply(event);
    this.#visible().apply(event);
  }

  /** Resolves once log and lists show all that has happened, but for what comes late. */
  async settle(): Promise<void> {
    const { clock, skewMs } = this.#options;
    await clock.sleep(2 * skewMs + 1);
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

  /** True for an event that comes, or came, late. */
  isLate(eventId: string): boolean {
    return this.late.some(({ event }) => event.id === eventId);
  }

  source(): EventSource {
    return {
      identity: "https://simulated.test",
      read: async (after, start, signal) => {
        await this.#travel(2, 30, signal);
        const page = this.#pageOf(after, start);
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

  #pageOf(after: string | null, start: StartPosition): EventPage {
    const nowMs = this.#options.clock.nowMs;
    const index = after === null ? this.#startOf(start) : this.log.findIndex(({ event }) => event.id === after) + 1;
    if (after !== null && index <= this.forgotten)
      throw new CursorExpiredError(`No event ${after}.`, { cursor: after });
    const visible = this.log.slice(index).filter(({ inLogAtMs }) => inLogAtMs <= nowMs);
    // Who looks back for what came late reads only so many pages.
    const size = this.#options.lateRate > 0 ? 8 * pageSize : pageSize;
    const events = visible.slice(0, size).map(({ event }) => event);
    return { events, hasMore: visible.length > size, answeredAtMs: nowMs };
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
    const entries = [...lists.waiting, ...this.log.slice(lists.count)];
    lists.count = this.log.length;
    for (const { event, inListsAtMs } of entries) if (inListsAtMs <= nowMs) lists.state.apply(event);
    lists.waiting = entries.filter(({ inListsAtMs }) => inListsAtMs > nowMs);
    return lists.state;
  }

  async #travel(leastMs: number, mostMs: number, signal: AbortSignal): Promise<void> {
    const { clock, random, failureRate } = this.#options;
    await clock.sleep(between(random, leastMs, mostMs), signal);
    if (random() < failureRate && !this.isCalm)
      throw new ConnectionError("The service is away for a moment.", { code: "unreachable" });
  }

  #emit(name: string, data: Thing | Readonly<Record<string, unknown>>): void {
    const { clock, random } = this.#options;
    const number = this.log.length + 1;
    const createdAt = new Date(clock.nowMs).toISOString();
    const event = { object: "event" as const, id: `event_${number}`, event: name, data, created_at: createdAt };
    if (name.startsWith("dsync.user.") && this.mayBeLate && random() < this.#options.lateRate) {
      return this.#emitLate(event);
    }
    this.log.push({ event, ...this.#lag.next() });
    this.state.apply(event);
  }

  #startOf(start: StartPosition): number {
    const sinceMs = start.from === "time" ? Date.parse(start.time) : 0;
    const index = this.log.findIndex(({ event }) => Date.parse(event.created_at) >= sinceMs);
    return index === -1 ? this.log.length : Math.max(index, this.forgotten);
  }

  #emitLate(event: DirectoryEvent): void {
    const entry = { event, ...this.#lag.late() };
    this.log.push(entry);
    this.late.push(entry);
    this.state.apply(event);
  }

  /** Ids of users of whom something is still on its way. */
  #hidden(): ReadonlySet<string> {
    const { nowMs } = this.#options.clock;
    const coming = this.late.filter(({ inLogAtMs, inListsAtMs }) => Math.max(inLogAtMs, inListsAtMs) > nowMs);
    return new Set(coming.map(({ event }) => String(event.data["id"])));
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
