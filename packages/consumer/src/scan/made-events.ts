/** Events that say what a scan has found, and how what is listed is compared with what events have said. */
import { hash } from "node:crypto";
import { type DirectoryEvent, directoryState, timestampMs } from "@dirsync/sdk";
import type { EventText } from "../journal/event-text.ts";
import type { ListedRow, Reference, Synthetic } from "./model.ts";

/** Fields as they come from upstream. */
export type Data = Readonly<Record<string, unknown>>;

/** What an event that is made here says. */
export interface Draft {
  readonly name: string;
  readonly data: Data;
  readonly reference: Reference;
  /** Position of what it replaces; 0 when there is nothing. */
  readonly baseSeq: number;
  /** JSON of `data`, where that has been made already and `data` is nothing but the state. */
  readonly text?: string;
}

/** An event that was made, and its JSON where nothing more was needed for it. */
export interface Made {
  readonly event: DirectoryEvent;
  readonly text: EventText | null;
}

/**
 * Made here from what upstream lists. The id follows from what it says and what it replaces, so that the same finding
 * never becomes two events.
 */
export function madeEvent(
  { name, data, reference, baseSeq, text }: Draft,
  { cause, scanId, atMs }: Synthetic & { atMs: number },
): Made {
  const told = text ?? JSON.stringify(data);
  const said = `${JSON.stringify([name, reference, baseSeq]).slice(0, -1)},${told}]`;
  const id = `rec_${scanId}_${orderOf(reference)}${hash("sha256", said, "hex").slice(0, 24)}`;
  const created_at = new Date(atMs).toISOString();
  const context = { synthetic: true, cause, scan_id: scanId };
  const event: DirectoryEvent = { object: "event", id, event: name, data, created_at, context };
  if (text === undefined) return { event, text: null };
  const rest = JSON.stringify({ created_at, context }).slice(1);
  const body = `{"object":"event","id":"${id}","event":"${name}","data":${text},${rest}`;
  return { event, text: { body, state: text } };
}

/**
 * The end of the thing's id, by which lists are ordered where ids are. Hashes alone would have nearly every event of a page
 * write another page of the index of ids, which took a quarter of the time of a first scan.
 */
function orderOf(reference: Reference): string {
  const id = reference.kind === "membership" ? reference.userId : reference.id;
  const end = /[0-9A-Za-z]{1,40}$/.exec(id);
  return end === null ? "" : `${end[0]}_`;
}

/** What an event about a listed row would hold: reads show groups with a user, and other words with a directory. */
export function dataOf(kind: Reference["kind"], row: ListedRow): Data {
  if (kind === "directory") {
    const { metadata: _counts, domain: _domain, ...rest } = row;
    const state = typeof row["state"] === "string" ? directoryState({ state: row["state"] }) : null;
    return state === null ? rest : { ...rest, state };
  }
  if (!("groups" in row)) return row;
  const { groups: _groups, ...rest } = row;
  return rest;
}

/** `JSON.stringify(dataOf(…))` of a group or a user: a copy without a field takes longer than one with all of them. */
export function dataTextOf(row: ListedRow): string {
  return JSON.stringify("groups" in row ? { ...row, groups: undefined } : row);
}

/** What only reads or only events show, and what says nothing about the thing. */
const passing: ReadonlySet<string> = new Set(["object", "previous_attributes", "groups"]);

/** Emptied by the service for everyone on 2026-04-15, and left out of some payloads. */
const emptied: ReadonlySet<string> = new Set(["raw_attributes", "emails"]);

/** Written in more than one way. */
const times: ReadonlySet<string> = new Set(["created_at", "updated_at"]);

/** Reads and events show different parts of a directory. Its state has events of its own. */
const directoryFields: ReadonlySet<string> = new Set(["name", "type", "organization_id"]);

/** The fields in which two states of one thing differ. What is null and what is absent are the same. */
export function differences(kind: Reference["kind"], before: Data, after: Data): readonly string[] {
  const names = new Set([...Object.keys(before), ...Object.keys(after)]);
  return [...names].filter((name) => {
    if (kind === "directory" ? !directoryFields.has(name) : passing.has(name)) return false;
    return !isSame(plain(name, before[name]), plain(name, after[name]));
  });
}

function plain(name: string, value: unknown): unknown {
  if (times.has(name) && typeof value === "string") return timestampMs(value) ?? value;
  const isEmptied = emptied.has(name) && typeof value === "object" && value !== null;
  return isEmptied && Object.keys(value).length === 0 ? null : value;
}

function isSame(one: unknown, other: unknown): boolean {
  if (one === other) return true;
  if (one === undefined || one === null) return other === undefined || other === null;
  if (typeof one !== "object" || typeof other !== "object" || other === null) return false;
  if (Array.isArray(one) !== Array.isArray(other)) return false;
  const [left, right] = [one as Data, other as Data];
  const names = new Set([...Object.keys(left), ...Object.keys(right)]);
  return [...names].every((name) => isSame(left[name], right[name]));
}

/** The values before, as `previous_attributes` of an event has them. */
export function previousOf(before: Data, fields: readonly string[]): Data {
  return Object.fromEntries(fields.map((name) => [name, before[name] ?? null]));
}
