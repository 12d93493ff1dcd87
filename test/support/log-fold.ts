import type { LogEvent } from "./event-log.ts";

/** Users and groups as the lists show them. */
export interface Folded {
  /** Each with its groups, oldest first. */
  readonly users: readonly Readonly<Record<string, unknown>>[];
  readonly groups: readonly Readonly<Record<string, unknown>>[];
}

interface WithId {
  readonly id: string;
}

/** What a log adds up to: the state a reader of events alone would have. */
export function foldLog(log: readonly LogEvent[]): Folded {
  const users = new Map<string, Readonly<Record<string, unknown>>>();
  const groups = new Map<string, Readonly<Record<string, unknown>>>();
  /** Ids of groups, by the id of the user. */
  const memberships = new Map<string, Set<string>>();
  for (const { event, data } of log) {
    const { previous_attributes: _previous, ...object } = data as Record<string, unknown> & WithId;
    const { user, group } = data as { readonly user?: WithId; readonly group?: WithId };
    if (event === "dsync.user.deleted") {
      users.delete(object.id);
      memberships.delete(object.id);
    } else if (event.startsWith("dsync.user.")) {
      users.set(object.id, object);
    } else if (event === "dsync.group.deleted") {
      groups.delete(object.id);
      for (const ids of memberships.values()) ids.delete(object.id);
    } else if (user !== undefined && group !== undefined) {
      const ids = memberships.get(user.id) ?? new Set();
      memberships.set(user.id, ids);
      if (event === "dsync.group.user_added") ids.add(group.id);
      else ids.delete(group.id);
    } else if (event.startsWith("dsync.group.")) {
      groups.set(object.id, object);
    }
  }
  const groupsOf = (id: string): readonly unknown[] =>
    [...(memberships.get(id) ?? [])].map((group) => groups.get(group));
  return {
    users: [...users].map(([id, user]) => ({ ...user, groups: sorted(groupsOf(id)) })),
    groups: [...groups.values()],
  };
}

/** By id, so that two lists of the same groups are equal. */
export function sorted(groups: readonly unknown[]): readonly unknown[] {
  const idOf = (group: unknown): string => (group as WithId).id;
  return [...groups].sort((left, right) => (idOf(left) < idOf(right) ? -1 : 1));
}
