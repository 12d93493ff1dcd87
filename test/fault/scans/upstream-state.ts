import type { DirectoryEvent } from "@dirsync/sdk";

/** A directory, user or group. */
export interface Thing {
  readonly id: string;
  readonly [field: string]: unknown;
}

/** What a service has, as a fold of its log. Written for these proofs, apart from the product's own fold. */
export class UpstreamState {
  readonly directories = new Map<string, Thing>();
  readonly users = new Map<string, Thing>();
  readonly groups = new Map<string, Thing>();
  /** `group user`, with the directory: who has only heard of a membership may not know what it is of. */
  readonly members = new Map<string, string>();

  apply({ event, data }: DirectoryEvent): void {
    const thing = data as unknown as Thing;
    switch (event) {
      case "dsync.activated":
        this.directories.set(thing.id, thing);
        break;
      case "dsync.deleted":
        this.directories.delete(thing.id);
        for (const { id } of this.#within(this.users, thing.id)) this.#endUser(id);
        for (const { id } of this.#within(this.groups, thing.id)) this.#endGroup(id);
        for (const [key, directory] of this.members) if (directory === thing.id) this.members.delete(key);
        break;
      case "dsync.user.created":
      case "dsync.user.updated":
        this.users.set(thing.id, withoutBefore(thing));
        break;
      case "dsync.user.deleted":
        this.#endUser(thing.id);
        break;
      case "dsync.group.created":
      case "dsync.group.updated":
        this.groups.set(thing.id, withoutBefore(thing));
        break;
      case "dsync.group.deleted":
        this.#endGroup(thing.id);
        break;
      case "dsync.group.user_added":
        this.members.set(memberKey(data), String(data["directory_id"]));
        break;
      case "dsync.group.user_removed":
        this.members.delete(memberKey(data));
        break;
      default:
        throw new Error(`Nobody taught this state what ${event} means.`);
    }
  }

  usersIn(directory: string): readonly Thing[] {
    return this.#within(this.users, directory);
  }

  groupsIn(directory: string): readonly Thing[] {
    return this.#within(this.groups, directory);
  }

  membersOf(group: string): readonly Thing[] {
    const ids = [...this.members.keys()]
      .filter((key) => key.startsWith(`${group} `))
      .map((key) => key.slice(group.length + 1));
    return ids.map((id) => this.users.get(id)).filter((user) => user !== undefined);
  }

  /** Everything, by key. */
  facts(): Map<string, string> {
    const facts = new Map<string, string>();
    for (const id of this.directories.keys()) facts.set(`directory ${id}`, "");
    for (const [id, user] of this.users) facts.set(`user ${id}`, canonical(user));
    for (const [id, group] of this.groups) facts.set(`group ${id}`, canonical(group));
    for (const key of this.members.keys()) facts.set(`member ${key}`, "");
    return facts;
  }

  #within(things: ReadonlyMap<string, Thing>, directory: string): readonly Thing[] {
    return [...things.values()].filter(({ directory_id: id }) => id === directory);
  }

  #endUser(id: string): void {
    this.users.delete(id);
    for (const key of this.members.keys()) if (key.endsWith(` ${id}`)) this.members.delete(key);
  }

  #endGroup(id: string): void {
    this.groups.delete(id);
    for (const key of this.members.keys()) if (key.startsWith(`${id} `)) this.members.delete(key);
  }
}

/** The same text for the same fields, in whatever order they come. */
export function canonical(thing: Readonly<Record<string, unknown>>): string {
  return JSON.stringify(Object.entries(thing).sort(([one], [other]) => (one < other ? -1 : 1)));
}

/** How one set of facts differs from another; empty when it does not. */
export function unlike(found: ReadonlyMap<string, string>, wanted: ReadonlyMap<string, string>): string[] {
  const differences: string[] = [];
  for (const [key, value] of wanted) {
    if (!found.has(key)) differences.push(`${key} is missing`);
    else if (found.get(key) !== value) differences.push(`${key} is ${found.get(key)} and should be ${value}`);
  }
  for (const key of found.keys()) if (!wanted.has(key)) differences.push(`${key} should not be there`);
  return differences;
}

function memberKey(data: Readonly<Record<string, unknown>>): string {
  const { group, user } = data as { group: Thing; user: Thing };
  return `${group.id} ${user.id}`;
}

function withoutBefore(thing: Thing): Thing {
  const { previous_attributes: _before, ...state } = thing;
  return state as Thing;
}

/** Facts that are not about these users. */
export function without(users: ReadonlySet<string>, facts: ReadonlyMap<string, string>): ReadonlyMap<string, string> {
  if (users.size === 0) return facts;
  return new Map([...facts].filter(([key]) => !users.has(key.slice(key.lastIndexOf(" ") + 1))));
}
