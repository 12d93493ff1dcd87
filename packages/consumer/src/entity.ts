import type { DirectoryEvent } from "@dirsync/sdk";

/** The one thing an event is about, as a key: of two events with the same key, the later one replaces the earlier. */
export function entityOf(event: DirectoryEvent): string {
  const { data } = event;
  const kind = kindOf(event);
  const ids = kind === "membership" ? [idOf(data["group"]), idOf(data["user"])] : [idOf(data)];
  // Nothing is known about what such an event replaces, so it stands for itself.
  if (kind === null || ids.includes(null)) return `event:${event.id}`;
  return [kind, ...ids].join(":");
}

/** The things whose deletion also ends what this event is about, as keys. */
export function ancestorsOf(event: DirectoryEvent): readonly string[] {
  const { data } = event;
  const keys = [keyOf("directory", data["directory_id"])];
  if (kindOf(event) === "membership") {
    keys.push(keyOf("group", idOf(data["group"])), keyOf("user", idOf(data["user"])));
  }
  return keys.filter((key) => key !== null);
}

/**
 * Ordering key by directory: the strictest order the service promises, and WorkOS's own advice of one worker for each
 * organization (Events API guide). An event of no directory is ordered by its organization, else by its own object.
 */
export function laneByDirectory(event: DirectoryEvent): string {
  const { data } = event;
  const directory = kindOf(event) === "directory" ? data["id"] : data["directory_id"];
  const ids = [directory, data["organization_id"], data["id"], event.id];
  return ids.find((id) => typeof id === "string") ?? event.id;
}

type Kind = "membership" | "user" | "group" | "directory";

function kindOf({ event, data }: DirectoryEvent): Kind | null {
  if (event === "dsync.activated" || event === "dsync.deleted") return "directory";
  if (event.startsWith("dsync.user.")) return "user";
  if (!event.startsWith("dsync.group.")) return null;
  return isObject(data["group"]) && isObject(data["user"]) ? "membership" : "group";
}

/** Only text is an id: upstream is not trusted to keep its types, and a key must not depend on how a value prints. */
function idOf(value: unknown): string | null {
  return isObject(value) && typeof value["id"] === "string" ? value["id"] : null;
}

function keyOf(kind: Kind, id: unknown): string | null {
  return typeof id === "string" ? `${kind}:${id}` : null;
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null;
}
