import type { DirectoryEvent } from "@dirsync/sdk";
import { type Data, dataOf, differences, type Draft, previousOf } from "./made-events.ts";
import type { Known, KnownRow } from "./known.ts";
import type { ListedRow, PlanEntry, Reference } from "./model.ts";

/** What is to be done about one thing. */
export type Finding =
  | { readonly kind: "same" }
  /** The log knows better. */
  | { readonly kind: "overtaken" }
  | { readonly kind: "change"; readonly entry: PlanEntry; readonly draft: Draft }
  /** It is here and not upstream. */
  | { readonly kind: "removal" };

/** What upstream showed of one thing. */
export interface Shown {
  readonly reference: Reference;
  /** Null when it was not there. */
  readonly row: ListedRow | null;
  /** What the log said behind this position may be newer. */
  readonly floorSeq: number;
  /** JSON of what an event about it would hold, where that has been made already. */
  readonly text?: string | undefined;
}

const overtaken: Finding = { kind: "overtaken" };
const same: Finding = { kind: "same" };

/** Compares what was shown with what is here. */
export function judge({ reference, row: shown, floorSeq, text }: Shown, known: Known): Finding {
  const data = shown === null || reference.kind === "membership" ? null : dataOf(reference.kind, shown);
  const listed = data === null ? null : (text ?? JSON.stringify(data));
  const { row, isAlive, isSame, isTold, isTouched } = known.stand(reference, floorSeq, listed);
  if (isTouched) return overtaken;
  if (shown === null) return isAlive ? { kind: "removal" } : same;
  const baseSeq = row?.seq ?? 0;
  if (reference.kind === "membership" || data === null) {
    return isAlive || reference.kind !== "membership" ? same : memberAdded({ reference, row: shown, baseSeq }, known);
  }
  if (!isTold) return created({ reference, data, baseSeq }, listed);
  // Nearly all rows are.
  if (isSame) return same;
  const before = JSON.parse(row?.body ?? "{}") as Data;
  const fields = differences(reference.kind, before, data);
  if (fields.length === 0) return same;
  const entry: PlanEntry = { action: "update", reference, fields };
  if (reference.kind === "directory") {
    // There is no other event that tells of a directory.
    return {
      kind: "change",
      entry,
      draft: { name: "dsync.activated", data: { ...before, ...data }, reference, baseSeq },
    };
  }
  const said = { ...data, previous_attributes: previousOf(before, fields) };
  return { kind: "change", entry, draft: { name: `dsync.${reference.kind}.updated`, data: said, reference, baseSeq } };
}

interface Creation {
  readonly reference: Exclude<Reference, { readonly kind: "membership" }>;
  readonly data: Data;
  readonly baseSeq: number;
}

function created({ reference, data, baseSeq }: Creation, text: string | null): Finding {
  const name = reference.kind === "directory" ? "dsync.activated" : `dsync.${reference.kind}.created`;
  // A directory that is not connected is not told of, and what is in it is.
  if (reference.kind === "directory" && unannounced.has(data["state"])) return same;
  const entry: PlanEntry = { action: "create", reference, fields: [] };
  const isState = text !== null && !("previous_attributes" in data);
  const draft = { name, data, reference, baseSeq, ...(isState ? { text } : {}) };
  return { kind: "change", entry, draft };
}

const unannounced: ReadonlySet<unknown> = new Set(["validating", "inactive", "deleting"]);

interface Addition {
  readonly reference: Extract<Reference, { readonly kind: "membership" }>;
  readonly row: ListedRow;
  readonly baseSeq: number;
}

function memberAdded({ reference, row, baseSeq }: Addition, known: Known): Finding {
  const group = known.group(reference.groupId);
  const user = known.user(reference.userId);
  // The log has ended one of them, at a place where it stands before what was listed.
  if (group?.body === null || user?.body === null) return overtaken;
  const data = {
    directory_id: reference.directoryId,
    user: dataOf("user", row),
    group: bodyOf(group, { id: reference.groupId, directory_id: reference.directoryId }),
  };
  const entry: PlanEntry = { action: "create", reference, fields: [] };
  return { kind: "change", entry, draft: { name: "dsync.group.user_added", data, reference, baseSeq } };
}

/**
 * Says once more how a thing is that is known as it is: an event about it came late and was delivered after what was
 * newer, so that whoever got it may have gone back.
 */
export function restated({ reference, row }: Shown, late: DirectoryEvent, known: Known): Draft | null {
  const { previous_attributes: _before, ...lateData } = late.data;
  const baseSeq = known.stand(reference, 0).row?.seq ?? 0;
  if (reference.kind === "membership") {
    if (row === null) return { name: "dsync.group.user_removed", data: lateData, reference, baseSeq };
    const finding = memberAdded({ reference, row, baseSeq }, known);
    return finding.kind === "change" ? finding.draft : null;
  }
  const { kind } = reference;
  if (row === null) {
    const name = kind === "directory" ? "dsync.deleted" : `dsync.${kind}.deleted`;
    return { name, data: lateData, reference, baseSeq };
  }
  const data = dataOf(kind, row);
  if (kind === "directory") return { name: "dsync.activated", data, reference, baseSeq };
  return { name: `dsync.${kind}.updated`, data: { ...data, previous_attributes: {} }, reference, baseSeq };
}

/** What an event about a thing that is gone upstream says. */
export function removed(reference: Reference, known: Known): Draft {
  switch (reference.kind) {
    case "membership": {
      const [group, user] = [known.group(reference.groupId), known.user(reference.userId)];
      const { directoryId: directory_id } = reference;
      const data = {
        directory_id,
        user: bodyOf(user, { id: reference.userId, directory_id }),
        group: bodyOf(group, { id: reference.groupId, directory_id }),
      };
      return { name: "dsync.group.user_removed", data, reference, baseSeq: known.stand(reference, 0).row?.seq ?? 0 };
    }
    case "directory": {
      const row = known.directory(reference.id);
      const data = { ...bodyOf(row, { id: reference.id }), state: "deleting" };
      return { name: "dsync.deleted", data, reference, baseSeq: row?.seq ?? 0 };
    }
    case "group":
    case "user": {
      const row = reference.kind === "user" ? known.user(reference.id) : known.group(reference.id);
      const data = bodyOf(row, { id: reference.id, directory_id: reference.directoryId });
      return { name: `dsync.${reference.kind}.deleted`, data, reference, baseSeq: row?.seq ?? 0 };
    }
    default:
      return reference satisfies never;
  }
}

function bodyOf(row: KnownRow | undefined, otherwise: Data): Data {
  return row === undefined || row.body === null ? otherwise : (JSON.parse(row.body) as Data);
}
