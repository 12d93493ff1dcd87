/**
 * What the events of a simulated life are about, and which of them must stay in order. It is written down as the documents
 * promise it, pair by pair, and shares nothing with the locks that the consumer keeps the promise with.
 */
import type { LaneBy } from "@dirsync/consumer";
import type { SimEvent } from "./log.ts";

/** What an event is about. */
export interface Facts {
  readonly kind: "directory" | "user" | "group" | "membership";
  readonly directory: string;
  readonly organization: string;
  /** Null when it is about none. */
  readonly user: string | null;
  readonly group: string | null;
  /** True when that is no more after it. */
  readonly isEnd: boolean;
}

/** Reads an event as the service's documents describe it. */
export function factsOf({ event, data }: Pick<SimEvent, "event" | "data">): Facts {
  const user = event.startsWith("dsync.user.") ? data["id"] : nested(data["user"], "id");
  const isMembership = data["user"] !== undefined && data["group"] !== undefined;
  const isGroup = event.startsWith("dsync.group.");
  const group = isMembership ? nested(data["group"], "id") : isGroup ? data["id"] : undefined;
  const isDirectory = event === "dsync.activated" || event === "dsync.deleted";
  return {
    kind: isDirectory ? "directory" : isMembership ? "membership" : isGroup ? "group" : "user",
    directory: String(isDirectory ? data["id"] : data["directory_id"]),
    organization: String(data["organization_id"] ?? nested(data["user"], "organization_id")),
    user: textOf(user),
    group: textOf(group),
    isEnd: event.endsWith(".deleted"),
  };
}

/** True when two events may not overtake each other. */
export function areOrdered(one: Facts, other: Facts, by: LaneBy): boolean {
  switch (by) {
    case "none":
      return false;
    case "directory":
      return one.directory === other.directory;
    case "organization":
      return one.organization === other.organization;
    case "user":
    case "group":
      if (one.kind === "directory" || other.kind === "directory") return one.directory === other.directory;
      if (one.kind === "membership" && other.kind === "membership") return one[by] === other[by];
      return isSame(one.user, other.user) || isSame(one.group, other.group);
    default:
      return by satisfies never;
  }
}

/** True when the later one says what has become of the same thing, or that something it belongs to is no more. */
export function replaces(later: Facts, earlier: Facts): boolean {
  const isSameThing = later.kind === earlier.kind && later.user === earlier.user && later.group === earlier.group;
  if (later.directory !== earlier.directory) return false;
  if (isSameThing) return true;
  if (!later.isEnd) return false;
  if (later.kind === "directory") return true;
  return earlier.kind === "membership" && (isSame(later.user, earlier.user) || isSame(later.group, earlier.group));
}

function isSame(one: string | null, other: string | null): boolean {
  return one !== null && one === other;
}

function nested(value: unknown, field: string): unknown {
  return typeof value === "object" && value !== null ? (Reflect.get(value, field) as unknown) : undefined;
}

function textOf(value: unknown): string | null {
  return typeof value === "string" ? value : null;
}
