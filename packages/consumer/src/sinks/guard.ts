/**
 * Holds a burst of people losing access, until a person has looked.
 *
 * A customer that clears a group by mistake, and a provider that loses its people, look in the log like any other day,
 * only faster. What is held becomes a dead letter of this sink, on record like any other: what the provider and the
 * service think is not touched, the mirror goes on telling what they say, and every other event is delivered. A person
 * lets it go on by asking for the dead letter again, which is always let through.
 */
import { type DirectoryEvent, SinkError, timestampMs } from "@dirsync/sdk";
import { type GuardDecisions, guardedCode } from "../journal/decisions.ts";
import type { Attempt, BatchEntry, Sink } from "../model.ts";
import { Headcount } from "./headcount.ts";
import { Losses } from "./losses.ts";

/** How many people of one directory may lose access within a time. */
export type DeletionLimit =
  /** So many people. */
  | { readonly people: number }
  /** This share of the directory, from 0 to 1, and never fewer than five people: in a team of ten, one is 10 %. */
  | { readonly share: number };

/** When a burst is one. */
export interface GuardOptions {
  readonly limit: DeletionLimit;
  /** By the times of the events, so that what a sink catches up with after a rest is no burst. In milliseconds. */
  readonly windowMs: number;
  /** How many users a directory has now, as the mirror says; more than `most` need not be counted. */
  readonly countUsers: (directoryId: string, most: number) => number;
  /**
   * Events that the sink got, or that were held, before this process began, oldest first, so that a restart forgets no burst:
   * what `recentLosses` finds. Default none.
   */
  readonly passed?: readonly DirectoryEvent[];
  /**
   * Asked before an event is held, so that what a person gives up ends a burst while the process goes on: what `decisionsOf`
   * finds. Default none.
   */
  readonly decisions?: GuardDecisions;
  /** Told when a directory's burst begins. */
  readonly onBurst?: (directoryId: string, people: number) => void;
}

const peopleMin = 5;

/**
 * A sink that gets no more of such a burst. Counted are `dsync.user.deleted`, and `dsync.user.updated` where somebody
 * stops being active; held besides is the end of a whole directory (`dsync.deleted`), however it comes. What a scan has
 * found has a brake of its own, and what a person asks for again is let through.
 */
export function guardSink(sink: Sink, options: GuardOptions): Sink {
  const bursts = new Bursts(options);
  return {
    name: sink.name,
    ...(sink.defaults === undefined ? {} : { defaults: sink.defaults }),
    deliver: async (event, attempt) => {
      bursts.check(event, attempt);
      await sink.deliver(event, attempt);
    },
    ...(sink.deliverBatch === undefined
      ? {}
      : { deliverBatch: (entries, signal) => deliverUpTo(entries, { bursts, sink, signal }) }),
    ...(sink.apply === undefined
      ? {}
      : {
          apply: (event, attempt, database) => {
            bursts.check(event, attempt);
            sink.apply?.(event, attempt, database);
          },
        }),
    close: async () => sink.close?.(),
  };
}

interface Batch {
  readonly bursts: Bursts;
  readonly sink: Sink;
  readonly signal: AbortSignal;
}

/** What comes before the first that is held is delivered; what comes behind it is tried again. */
async function deliverUpTo(entries: readonly BatchEntry[], { bursts, sink, signal }: Batch): Promise<void> {
  let free = 0;
  for (const { event, attempt } of entries) {
    const refusal = bursts.refusal(event, attempt, free);
    if (refusal !== null) {
      if (free > 0) await sink.deliverBatch?.(entries.slice(0, free), signal);
      throw refusal;
    }
    free += 1;
  }
  await sink.deliverBatch?.(entries, signal);
}

/** One directory. */
interface Directory {
  readonly losses: Losses;
  readonly headcount: Headcount;
}

class Bursts {
  readonly #options: GuardOptions;
  readonly #directories = new Map<string, Directory>();
  readonly #burning = new Set<string>();
  /** Decisions that are taken into account. */
  #decisions = 0;

  constructor(options: GuardOptions) {
    this.#options = options;
    for (const event of options.passed ?? []) this.#count(event);
  }

  /** @throws SinkError for an event that is held */
  check(event: DirectoryEvent, attempt: Attempt): void {
    const refusal = this.refusal(event, attempt, null);
    if (refusal !== null) throw refusal;
  }

  /** Why an event is held; null when it is not. */
  refusal(event: DirectoryEvent, attempt: Attempt, deliveredCount: number | null): SinkError | null {
    const directoryId = directoryOf(event);
    if (directoryId === null || attempt.synthetic !== undefined || attempt.replay) return null;
    if (attempt.redriven === true) {
      if (!takesAccess(event)) return null;
      // Somebody has looked at this burst: those that come from now on are another one.
      this.#directories.delete(directoryId);
      this.#burning.delete(directoryId);
      return null;
    }
    if (event.event === "dsync.deleted") return held("A whole directory ends", { directoryId, deliveredCount });
    if (!takesAccess(event)) return null;
    const directory = this.#count(event);
    const isBurst = this.#isTooMany(directory) && (!this.#forgetDecided() || this.#isTooMany(directory));
    if (!isBurst) {
      this.#burning.delete(directoryId);
      return null;
    }
    const { people } = directory.losses;
    if (!this.#burning.has(directoryId)) this.#options.onBurst?.(directoryId, people);
    this.#burning.add(directoryId);
    const minutes = Math.round(this.#options.windowMs / 60_000);
    return held(`${people} people have lost access within ${minutes} min`, { directoryId, deliveredCount });
  }

  /** Counts the people who have lost access in the time up to this event. */
  #count(event: DirectoryEvent): Directory {
    const directory = this.#directory(directoryOf(event) ?? "");
    const atMs = timestampMs(event.created_at) ?? 0;
    directory.losses.forgetUntil(atMs - this.#options.windowMs);
    if (isLoss(event)) directory.losses.add({ userId: String(event.data["id"]), eventId: event.id, atMs });
    return directory;
  }

  #directory(id: string): Directory {
    const known = this.#directories.get(id);
    if (known !== undefined) return known;
    const headcount = new Headcount((most) => this.#options.countUsers(id, most));
    const directory = { losses: new Losses(), headcount };
    this.#directories.set(id, directory);
    return directory;
  }

  /** What came before a person's decision counts no more, as it does not after a restart. Returns whether there is a new one. */
  #forgetDecided(): boolean {
    const { decisions } = this.#options;
    const count = decisions?.count() ?? 0;
    if (decisions === undefined || count === this.#decisions) return false;
    this.#decisions = count;
    for (const [directoryId, { losses }] of this.#directories) {
      if (losses.forgetThrough((eventId) => decisions.has(eventId))) this.#burning.delete(directoryId);
    }
    return true;
  }

  #isTooMany({ losses: { people, added }, headcount }: Directory): boolean {
    const { limit } = this.#options;
    if ("people" in limit) return people > limit.people;
    return people > peopleMin && headcount.isMoreThan(limit.share, { people, losses: added });
  }
}

function held(
  what: string,
  { directoryId, deliveredCount }: { directoryId: string; deliveredCount: number | null },
): SinkError {
  return new SinkError(`${what} in ${directoryId}, so this waits for a person. See: dirsync approve`, {
    verdict: "dead",
    code: guardedCode,
    ...(deliveredCount === null ? {} : { deliveredCount }),
  });
}

/** Id of the directory that an event is about or from. */
export function directoryOf({ event, data }: DirectoryEvent): string | null {
  const id = event === "dsync.deleted" ? data["id"] : data["directory_id"];
  return typeof id === "string" ? id : null;
}

/** True for what leaves a user without access, whether they had it before or not: all of it is held in a burst. */
export function takesAccess({ event, data }: DirectoryEvent): boolean {
  if (event === "dsync.user.deleted") return true;
  return event === "dsync.user.updated" && data["state"] !== "active";
}

/** True when somebody has lost access by it: an inactive user whose title changes has not. */
function isLoss({ event, data }: DirectoryEvent): boolean {
  if (event === "dsync.user.deleted") return true;
  const { previous_attributes: before } = data as { readonly previous_attributes?: Readonly<Record<string, unknown>> };
  return event === "dsync.user.updated" && data["state"] !== "active" && before?.["state"] === "active";
}
