import type { DirectoryEvent } from "@dirsync/sdk";

/** The one thing an event is about, as a key: of two events with the same key, the later one replaces the earlier. */
export function entityOf(event: DirectoryEvent): string {
  const { data } = event;
  const kind = kindOf(event);
  // Where nothing is known about what an event replaces, it stands for itself.
  const alone = `event:${event.id}`;
  if (kind === null) return alone;
  if (kind !== "membership") return keyOf(kind, data["id"]) ?? alone;
  const [group, user] = [idOf(data["group"]), idOf(data["user"])];
  return group === null || user === null ? alone : `membership:${group}:${user}`;
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

/** The directory an event is about or belongs to; null when it says none. */
export function directoryIdOf({ data }: DirectoryEvent): string | null {
  const id = data["directory_id"] ?? data["id"];
  return typeof id === "string" ? id : null;
}

/** What an event is about; null when it is none of these. */
export type EntityKind = "membership" | "user" | "group" | "directory";

/** The kind of what an event is about. */
export function kindOf({ event, data }: DirectoryEvent): EntityKind | null {
  if (event === "dsync.activated" || event === "dsync.deleted") return "directory";
  if (event.startsWith("dsync.user.")) return "user";
  if (!event.startsWith("dsync.group.")) return null;
  return isObject(data["group"]) && isObject(data["user"]) ? "membership" : "group";
}

/** Only text is an id: upstream is not trusted to keep its types, and a key must not depend on how a value prints. */
export function idOf(value: unknown): string | null {
  return isObject(value) && typeof value["id"] === "string" ? value["id"] : null;
}

/** A key for locks and entities; null when the id is none. */
export function keyOf(kind: string, id: unknown): string | null {
  return typeof id === "string" ? `${kind}:${id}` : null;
}

/** True for a value that has fields. */
export function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null;
}
