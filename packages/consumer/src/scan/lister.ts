/**
 * Reads lists, page by page, and hands the pages over with what is needed to tell their age. What a list lacks and is here
 * is asked for one by one.
 */
import { ContractError, isDirsyncError, type Runtime } from "@dirsync/sdk";
import { backoffMs } from "../ingest/backoff.ts";
import { isRefusal } from "../ingest/survey.ts";
import { held } from "./held-rows.ts";
import type { ListedRow, ListsSource, Reference } from "./model.ts";
import type { Reading } from "./reading.ts";
import type { Staging } from "./staging.ts";
import type { Turns } from "./turns.ts";
import type { OpenCollection, OpenScan, Probe, Release, Released, ScanStore, Searched } from "./store.ts";

/** What a lister works with. */
export interface ListerOptions {
  readonly scan: OpenScan;
  readonly store: ScanStore;
  readonly lists: ListsSource;
  readonly reading: Reading;
  readonly staging: Staging;
  /** A lister reads in its turn, and waits for what was read to be taken in outside of it. */
  readonly turns: Turns;
  readonly runtime: Runtime;
  /** Requests that may fail in a row, each after the client's own retries, before that is given up. */
  readonly failuresMax: number;
  readonly signal: AbortSignal;
}

/** Pages in a row without anything new: a list that starts over and over again is not going to end. */
const stalePagesMax = 200;
/** Pages that upstream did not know the place of, in one list. */
const restartsMax = 50;
const doubtRestMs = 10;
/** A list that is refused though what it belongs to is there. */
const refusalsMax = 3;

/** An answer, and what in the log it can be older than. */
interface Answer<T> {
  readonly value: T;
  readonly floorSeq: number;
}

/** Reads the lists of a directory, or that of directories. */
export class Lister {
  readonly #options: ListerOptions;
  /** Pages in a row that had nothing new, of the list that is being read. */
  #stalePages = 0;

  constructor(options: ListerOptions) {
    this.#options = options;
  }

  /** Reads what is left of the lists of a directory (null: that of directories), and waits until all of it is taken in. */
  async read(directoryId: string | null): Promise<void> {
    const { turns } = this.#options;
    await turns.take();
    try {
      await this.#readLists(directoryId);
    } finally {
      turns.give();
    }
  }

  async #readLists(directoryId: string | null): Promise<void> {
    const { scan, store, staging, turns } = this.#options;
    let [read, searched] = [0, 0];
    for (;;) {
      const toSearch = await store.nextToSearch(scan, directoryId, searched);
      if (toSearch !== null) {
        searched = toSearch.number;
        await this.#search(toSearch, directoryId);
        continue;
      }
      const toRead = await store.nextToRead(scan, directoryId, read);
      if (toRead !== null) {
        read = toRead.number;
        await this.#readList(toRead, directoryId);
        continue;
      }
      if (!(await turns.aside(() => staging.moved(directoryId)))) return;
    }
  }

  /** Asks for directories by their ids, where not all of them are meant. */
  async readDirectories(ids: readonly string[]): Promise<void> {
    const probes: Probe[] = [];
    for (const id of ids) probes.push(await this.#probe({ kind: "directory", id }));
    this.#stageProbes(probes, { collection: null, lane: null });
    while (await this.#options.staging.moved(null));
  }

  /** Asks about everything of which an event came late, once the answer must hold it. Resolves to false without any. */
  async readDoubts(): Promise<boolean> {
    const { scan, store, reading, runtime, signal } = this.#options;
    const doubts = scan.isDryRun ? [] : await store.doubts(scan);
    const last = doubts.at(-1);
    if (last === undefined) return false;
    while (this.#floorSeq() < last.seq)
      await runtime.sleep(Math.max(doubtRestMs, Math.ceil(reading.skewMs / 8)), signal);
    const probes: Probe[] = [];
    for (const { reference } of doubts) probes.push(await this.#probe(reference));
    this.#stageProbes(probes, { collection: null, lane: null });
    while (await this.#options.staging.moved(null));
    return true;
  }

  async #readList({ number, collection: named, after: first }: OpenCollection, lane: string | null): Promise<void> {
    const { scan, store, lists, staging, signal } = this.#options;
    const { organizationId } = scan.scope;
    const isAll = named.kind !== "directory" || organizationId === undefined;
    const collection = isAll ? named : { ...named, organizationId };
    this.#stalePages = 0;
    await store.noteFloor(scan, number, this.#floorSeq());
    let after = first;
    let [restarts, refusals] = [0, 0];
    for (;;) {
      await staging.room();
      try {
        const place = after;
        const { value, floorSeq } = await this.#ask(() => lists.page(collection, place, signal));
        const rows = value.rows.map((row) => held(named.kind, row));
        this.#stage(lane, { kind: "page", collection: number, rows, floorSeq, after: value.after }, ({ fresh }) => {
          this.#stalePages = fresh > 0 ? 0 : this.#stalePages + 1;
        });
        if (value.after === null) return;
        if (this.#stalePages > stalePagesMax) throw endless(number, "has had nothing new");
        after = value.after;
      } catch (error) {
        if (!isRefusal(error)) throw error;
        // What the page was to follow has been deleted. What was listed before is known, and is listed again in vain.
        if (after !== null) {
          after = null;
          restarts += 1;
          if (restarts > restartsMax) throw endless(number, "could not be gone on with");
          continue;
        }
        if (await this.#isGone({ number, collection, after }, lane)) return;
        refusals += 1;
        if (refusals >= refusalsMax) throw error;
      }
    }
  }

  /** True when a list is refused because there is nothing it could be of. */
  async #isGone({ number, collection }: OpenCollection, lane: string | null): Promise<boolean> {
    if (collection.kind === "directory") return false;
    const { directoryId } = collection;
    const isGroup = collection.kind === "membership";
    const reference: Reference = isGroup
      ? { kind: "group", directoryId, id: collection.groupId }
      : { kind: "directory", id: directoryId };
    const probe = await this.#probe(reference);
    this.#stageProbes([probe], { collection: null, lane });
    if (probe.row !== null) return false;
    this.#stage(lane, isGroup ? { kind: "end", collection: number } : { kind: "end", directoryId });
    return true;
  }

  async #search({ number }: OpenCollection, lane: string | null): Promise<void> {
    const { scan, store, staging, runtime, signal } = this.#options;
    for (let place: string | null = ""; place !== null;) {
      const { missing, after }: Searched = await store.search(scan, number, place);
      place = after;
      // Deliveries go on between two parts.
      await runtime.sleep(0, signal);
      if (missing.length === 0) continue;
      await staging.room();
      const probes: Probe[] = [];
      for (const reference of missing) probes.push(await this.#probe(reference));
      this.#stageProbes(probes, { collection: number, lane });
    }
    this.#stage(lane, { kind: "end", collection: number });
  }

  async #probe(reference: Reference): Promise<Probe> {
    const { lists, signal } = this.#options;
    const { value: row, floorSeq } = await this.#ask<ListedRow | null>(() => lists.get(reference, signal));
    return { reference, row, floorSeq };
  }

  #stageProbes(
    probes: readonly Probe[],
    { collection, lane }: { collection: number | null; lane: string | null },
  ): void {
    this.#stage(lane, { kind: "probes", collection, probes });
  }

  #stage(lane: string | null, release: Release, onReleased?: (released: Released) => void): void {
    const { staging, reading } = this.#options;
    const dueMs = reading.now() + reading.skewMs;
    staging.add({ lane, rows: rowsOf(release), release, dueMs, ...(onReleased === undefined ? {} : { onReleased }) });
  }

  /** Asks until there is an answer; what the log has said by then counts from just before the request that got it. */
  async #ask<T>(request: () => Promise<T>): Promise<Answer<T>> {
    const { runtime, signal, failuresMax } = this.#options;
    for (let failures = 1; ; failures += 1) {
      const floorSeq = this.#floorSeq();
      try {
        return { value: await request(), floorSeq };
      } catch (error) {
        signal.throwIfAborted();
        if (!isDirsyncError(error) || !error.retryable || isRefusal(error) || failures > failuresMax) throw error;
        const waitMs = backoffMs(error, failures, runtime.random());
        runtime.log.warn(
          { reason: error.message, retry_in_ms: waitMs, failures },
          "cannot read a list; will try again",
        );
        await runtime.sleep(waitMs, signal);
      }
    }
  }

  #floorSeq(): number {
    const floorSeq = this.#options.reading.floorSeq();
    if (floorSeq === null) throw new Error("A list was asked for before the log was read for one skew.");
    return floorSeq;
  }
}

function rowsOf(release: Release): number {
  if (release.kind === "end") return 0;
  return release.kind === "page" ? release.rows.length : release.probes.length;
}

function endless(number: number, how: string): ContractError {
  return new ContractError(`List ${number} of the scan ${how} for too long; upstream may list it in a circle.`, {
    code: "list_stuck",
    issues: [{ path: "list_metadata.after", message: "expected a page with something new" }],
    retryable: false,
  });
}
