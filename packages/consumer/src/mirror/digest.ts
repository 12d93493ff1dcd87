import { createHash } from "node:crypto";
import { directoryState, timestampMs } from "@dirsync/sdk";

/** What the mirror has rows of, besides memberships, which are only there or not. */
export type ObjectKind = "directory" | "user" | "group";

type Data = Readonly<Record<string, unknown>>;

/**
 * A digest of an object's state (32 hexadecimal digits): the same for an event and for a read that say the same. The order
 * of keys does not count, nor whether an attribute is null or absent: the service tells no difference between these two
 * (FAQ of its page on attributes), and its payloads mix them.
 */
export function digestOf(kind: ObjectKind, body: Data): string {
  const state = kind === "directory" ? directoryFacts(body) : comparable(body);
  return createHash("sha256").update(canonical(state)).digest("hex").slice(0, 32);
}

/** What only reads or only events show, and what says nothing about the object. */
const passing = new Set(["object", "previous_attributes", "groups"]);
/** Emptied by the service for everyone on 2026-04-15, and left out of some payloads. */
const emptied = new Set(["raw_attributes", "emails"]);
const times = new Set(["created_at", "updated_at"]);

/** Reads and events show different parts of a directory, so these are all that can be compared. */
function directoryFacts(body: Data): Data {
  const { id, organization_id, type, name, state } = body;
  return { id, organization_id, type, name, state: directoryState({ state: String(state) }) ?? state };
}

function comparable(body: Data): Data {
  const facts = Object.entries(body).filter(([key, value]) => {
    return !passing.has(key) && !(emptied.has(key) && isEmpty(value));
  });
  return Object.fromEntries(facts.map(([key, value]) => [key, times.has(key) ? instant(value) : value]));
}

/** One instant is written in more than one way. */
function instant(value: unknown): unknown {
  return typeof value === "string" ? (timestampMs(value) ?? value) : value;
}

function isEmpty(value: unknown): boolean {
  return typeof value === "object" && value !== null && Object.keys(value).length === 0;
}

function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map((each) => canonical(each)).join(",")}]`;
  if (typeof value !== "object" || value === null) return JSON.stringify(value) ?? "null";
  const known = Object.entries(value).filter(([, each]) => each !== null && each !== undefined);
  known.sort(([first], [second]) => (first < second ? -1 : 1));
  return `{${known.map(([key, each]) => `${JSON.stringify(key)}:${canonical(each)}`).join(",")}}`;
}
