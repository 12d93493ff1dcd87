import type { DirectoryEvent } from "@dirsync/sdk";
import { idOf, isObject, keyOf, kindOf } from "./entity.ts";
import type { Locks } from "./model.ts";

/** How events are kept in order, by name. */
export type LaneBy = "directory" | "organization" | "user" | "group" | "none";

const none: Locks = { exclusive: [], shared: [] };

/**
 * The usual choices for `Policy.locks`.
 *
 * - `directory`: one event of a directory at a time, the strictest order the service promises, and WorkOS's own advice
 *   of one worker for each organization (Events API guide). An event of no directory is ordered by its organization,
 *   else by its own object.
 * - `organization`: one event of an organization at a time, over all its directories.
 * - `user`: users in parallel. A membership is ordered with its user, and with what happens to its group.
 * - `group`: the same, with memberships ordered by their group.
 * - `none`: no order at all, for sinks that only record.
 *
 * What happens to a directory itself is ordered with everything in it under each choice but the last.
 */
export const laneBy: Readonly<Record<LaneBy, (event: DirectoryEvent) => Locks>> = {
  directory: byDirectory,
  organization: byOrganization,
  user: (event) => byObject(event, "user"),
  group: (event) => byObject(event, "group"),
  none: () => none,
};

/** The name of an event's lane, for people. */
export function laneNameOf({ exclusive: [first] }: Locks, event: DirectoryEvent): string {
  return first ?? `event:${event.id}`;
}

function byDirectory(event: DirectoryEvent): Locks {
  const { data } = event;
  const key =
    directoryOf(event) ??
    keyOf("organization", data["organization_id"]) ??
    keyOf("object", data["id"]) ??
    `event:${event.id}`;
  return { exclusive: [key], shared: [] };
}

/** The directory is shared, so that an event of which nobody knows the organization is ordered with all of its directory. */
function byOrganization(event: DirectoryEvent): Locks {
  const organization = keyOf("organization", organizationOf(event));
  if (organization === null) return byDirectory(event);
  const directory = directoryOf(event);
  return { exclusive: [organization], shared: directory === null ? [] : [directory] };
}

function byObject(event: DirectoryEvent, first: "user" | "group"): Locks {
  const { data } = event;
  const directory = directoryOf(event);
  const around = directory === null ? [] : [directory];
  const kind = kindOf(event);
  switch (kind) {
    case "user":
    case "group": {
      const own = keyOf(kind, data["id"]);
      return own === null ? byDirectory(event) : { exclusive: [own], shared: around };
    }
    case "membership": {
      const ends = { user: keyOf("user", idOf(data["user"])), group: keyOf("group", idOf(data["group"])) };
      const [own, other] = first === "user" ? [ends.user, ends.group] : [ends.group, ends.user];
      if (own === null || other === null) return byDirectory(event);
      return { exclusive: [own], shared: [other, ...around] };
    }
    default:
      return byDirectory(event);
  }
}

/** A membership says it of its user and its group only. */
function organizationOf({ data }: DirectoryEvent): unknown {
  const { user, group } = data;
  return data["organization_id"] ?? fieldOf(user, "organization_id") ?? fieldOf(group, "organization_id");
}

function fieldOf(value: unknown, field: string): unknown {
  return isObject(value) ? value[field] : undefined;
}

function directoryOf(event: DirectoryEvent): string | null {
  const { data } = event;
  return keyOf("directory", kindOf(event) === "directory" ? data["id"] : data["directory_id"]);
}
