/**
 * What was read upstream, when its time has come: dropped where the log knows better, and otherwise made into events
 * where it differs from what is here. Whoever calls has begun the transaction.
 */
import type { DirectoryEvent } from "@dirsync/sdk";
import type { EventText } from "../journal/event-text.ts";
import type { Positions } from "../journal/positions.ts";
import type { Collections } from "./collections.ts";
import { type Draft, madeEvent } from "./made-events.ts";
import { type Finding, judge, restated, type Shown } from "./judge.ts";
import type { Doubts } from "./doubts.ts";
import { type HeldRow, rowOf } from "./held-rows.ts";
import { type Known, keyOf } from "./known.ts";
import type { ListedRow, PlanEntry, Reference } from "./model.ts";
import type { Plans } from "./plans.ts";
import { referenceOf, type ScanRecords, type ScanRow, type TallyChanges } from "./records.ts";
import type { Removals } from "./removals.ts";
import type { PageRelease, ProbeRelease, Release, Released } from "./store.ts";

/** The tables that a release reads and writes. */
export interface ReleaseParts {
  readonly positions: Positions;
  readonly known: Known;
  readonly doubts: Doubts;
  readonly records: ScanRecords;
  readonly collections: Collections;
  readonly removals: Removals;
  readonly plans: Plans;
}

/** Takes in what was read. */
export class Releases {
  readonly #parts: ReleaseParts;

  constructor(parts: ReleaseParts) {
    this.#parts = parts;
  }

  /** Takes one of them in. */
  take(scan: ScanRow, release: Release, atMs: number): Released {
    switch (release.kind) {
      case "page":
        return this.#page(scan, release, atMs);
      case "probes":
        return this.#probes(scan, release, atMs);
      case "end":
        if ("collection" in release) this.#parts.collections.finish(release.collection);
        else this.#parts.collections.finishDirectory(release.directoryId);
        return { fresh: 0, headSeq: null };
      default:
        return release satisfies never;
    }
  }

  #page(scan: ScanRow, { collection: number, rows, floorSeq, after }: PageRelease, atMs: number): Released {
    const { collections, records } = this.#parts;
    const collection = collections.get(number);
    const effect = new Effect(scan, atMs);
    const known = this.#parts.known.still();
    const unseen = collections.seeAll(number, rows);
    const fresh = rows.filter(({ id }) => unseen.delete(id));
    effect.count(collection.kind, { listed: fresh.length });
    let users = 0;
    if (collection.kind === "directory" || collection.kind === "group") {
      for (const one of fresh) users += this.#open(referenceOf(collection, one.id), one);
    }
    for (const one of known.unlike(collection, fresh, floorSeq)) {
      const shown = { reference: referenceOf(collection, one.id), row: rowOf(one), floorSeq, text: one.text };
      this.#judge(shown, { effect, known });
    }
    collections.moveOn(number, after);
    if (after === null) collections.close(number, JSON.parse(scan.scope) as object);
    const headSeq = this.write(effect);
    records.tally(scan, effect.tallies, { requests: 1, overtaken: effect.overtaken, users });
    return { fresh: fresh.length, headSeq };
  }

  #probes(scan: ScanRow, { collection, probes }: ProbeRelease, atMs: number): Released {
    const { collections, records } = this.#parts;
    const effect = new Effect(scan, atMs);
    const known = this.#parts.known.still();
    for (const { reference, row, floorSeq } of probes) {
      const shown = { reference, row, floorSeq };
      const finding = this.#judge(shown, { effect, known });
      if (finding.kind === "same" && scan.dry_run === 0) this.#restate(shown, effect);
      // What was asked about is settled, and need not be asked about again after a crash.
      if (collection !== null && finding.kind !== "removal") collections.see(collection, idIn(reference));
      if (row !== null) this.#open(reference, { id: row.id, row });
      if (scan.dry_run === 1) continue;
      if (finding.kind === "removal") this.#parts.doubts.noteGone(keyOf(reference), floorSeq);
      else this.#parts.doubts.settle(keyOf(reference), floorSeq);
    }
    const headSeq = this.write(effect);
    records.tally(scan, effect.tallies, { requests: probes.length, overtaken: effect.overtaken });
    return { fresh: 0, headSeq };
  }

  /** Appends what an effect has made, or plans it in a dry run; returns the head of the journal when it was made. */
  write(effect: Effect): number | null {
    const { positions, plans } = this.#parts;
    if (effect.scan.dry_run === 1) {
      plans.add(effect.entries);
      return null;
    }
    if (effect.events.length === 0) return null;
    const { cursor } = positions.stream();
    const { atMs: receivedAtMs, events, texts } = effect;
    return positions.append({ events, texts, isMadeHere: true, expectedCursor: cursor, cursor, receivedAtMs }).headSeq;
  }

  #restate(shown: Shown, effect: Effect): void {
    const { doubts, known } = this.#parts;
    const late = doubts.lateEvent(keyOf(shown.reference), shown.floorSeq);
    const draft = late === null ? null : restated(shown, late, known);
    if (draft !== null) effect.change({ action: "update", reference: shown.reference, fields: [] }, draft);
  }

  #judge(shown: Shown, { effect, known }: { readonly effect: Effect; readonly known: Known }): Finding {
    const finding = judge(shown, known);
    switch (finding.kind) {
      case "change":
        effect.change(finding.entry, finding.draft);
        break;
      case "removal":
        this.#parts.removals.add(shown.reference, shown.floorSeq);
        break;
      case "overtaken":
        effect.overtaken += 1;
        break;
      case "same":
        break;
      default:
        finding satisfies never;
    }
    return finding;
  }

  /** Puts the lists of what is in a thing on record. Returns how many users there are said to be. */
  #open(reference: Reference, one: HeldRow): number {
    const { collections } = this.#parts;
    if (reference.kind === "group") collections.addGroup(reference.directoryId, reference.id);
    if (reference.kind !== "directory") return 0;
    const row = rowOf(one);
    if (row["state"] === "deleting") return 0;
    collections.addDirectory(reference.id);
    return usersIn(row);
  }
}

/** What one transaction of a scan comes to. */
export class Effect {
  readonly scan: ScanRow;
  readonly atMs: number;
  readonly events: DirectoryEvent[] = [];
  /** JSON of events, by id. */
  readonly texts = new Map<string, EventText>();
  readonly entries: PlanEntry[] = [];
  readonly tallies: Partial<Record<Reference["kind"], Record<string, number>>> & TallyChanges = {};
  overtaken = 0;

  constructor(scan: ScanRow, atMs: number) {
    this.scan = scan;
    this.atMs = atMs;
  }

  count(kind: Reference["kind"], { listed = 0, created = 0, updated = 0, deleted = 0 }: Counted): void {
    const before = this.tallies[kind] ?? {};
    this.tallies[kind] = {
      listed: (before["listed"] ?? 0) + listed,
      created: (before["created"] ?? 0) + created,
      updated: (before["updated"] ?? 0) + updated,
      deleted: (before["deleted"] ?? 0) + deleted,
    };
  }

  change(entry: PlanEntry, draft: Draft): void {
    const { scan, atMs } = this;
    this.entries.push(entry);
    this.count(entry.reference.kind, { [`${entry.action}d`]: 1 });
    if (scan.dry_run === 1) return;
    const { event, text } = madeEvent(draft, { cause: scan.cause, scanId: scan.id, atMs });
    this.events.push(event);
    if (text !== null) this.texts.set(event.id, text);
  }
}

interface Counted {
  readonly listed?: number;
  readonly created?: number;
  readonly updated?: number;
  readonly deleted?: number;
}

function idIn(reference: Reference): string {
  return reference.kind === "membership" ? reference.userId : reference.id;
}

/** What a listed directory says about its users; none when it does not. */
function usersIn({ metadata }: ListedRow): number {
  const counts = isObject(metadata) ? metadata["users"] : undefined;
  if (!isObject(counts)) return 0;
  return [counts["active"], counts["inactive"]].reduce<number>((total, count) => {
    return total + (typeof count === "number" ? count : 0);
  }, 0);
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null;
}
