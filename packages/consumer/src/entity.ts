import type { DirectoryEvent } from "@dirsync/sdk";

/** The one thing an event is about, as a key: two events with the same key replace each other. */
export function entityOf(event: DirectoryEvent): string {
  const family = event.event.split(".")[1];
  const { data } = event;
  if (family === "group" && isObject(data["group"]) && isObject(data["user"])) {
    return `membership:${text(data["group"]["id"])}:${text(data["user"]["id"])}`;
  }
  if (family === "user" || family === "group") return `${family}:${text(data["id"])}`;
  if (event.event === "dsync.activated" || event.event === "dsync.deleted") return `directory:${text(data["id"])}`;
  return `event:${event.id}`;
}

/** The things whose deletion also ends what this event is about, as keys. */
export function ancestorsOf(event: DirectoryEvent): readonly string[] {
  const { data } = event;
  const directory = typeof data["directory_id"] === "string" ? [`directory:${data["directory_id"]}`] : [];
  if (isObject(data["group"]) && isObject(data["user"])) {
    return [`group:${text(data["group"]["id"])}`, `user:${text(data["user"]["id"])}`, ...directory];
  }
  return directory;
}

/**
 * Ordering key by directory: the strictest order the service promises, and WorkOS's own advice of one worker for each
 * organization (Events API guide). An event of no directory is ordered by its organization, else by its own object.
 */
export function laneByDirectory(event: DirectoryEvent): string {
  const { data } = event;
  const key = data["directory_id"] ?? (isDirectory(event) ? data["id"] : (data["organization_id"] ?? data["id"]));
  return text(key ?? event.id);
}

function isDirectory(event: DirectoryEvent): boolean {
  return event.event === "dsync.activated" || event.event === "dsync.deleted";
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null;
}

function text(value: unknown): string {
  return typeof value === "string" ? value : String(value);
}
