/** What every identity provider can do, whatever its dialect. */
import type { ConnectionOptions } from "./client.ts";
import type { Person } from "./people.ts";

/** A group as the identity provider knows it. `id` never changes; `name` may. */
export interface Group {
  /** The provider's own id. Entra ID sends it as `externalId`; Okta keeps it to itself. */
  readonly id: string;
  readonly name: string;
}

/** What a provider never does, so that nobody waits for it. */
export interface ProviderHabits {
  /** False for one that pushes people only; its group methods then reject with `not_supported`. */
  readonly pushesGroups: boolean;
  /** Whether the server hears of a group that is deleted or no longer shared. */
  readonly deletesGroups: boolean;
  /** Whether the server hears of a person who is deleted for good, after being switched off. */
  readonly deletesPeople: boolean;
}

/** How a provider is connected to one directory. */
export interface ProviderOptions extends ConnectionOptions {
  /** Decides everything the provider would draw at random. Same seed, same bytes. Default 0. */
  readonly seed?: number;
}

/**
 * An identity provider connected to one directory. Each method sends what the real product sends for that act, in the
 * same order, and resolves when the server has answered all of it.
 *
 * A provider remembers the ids the server gave, as the real one does, and looks them up again after a 404 or a restart.
 * Every method throws `ApiError` for a status the real product would report, `ConnectionError` when no whole answer
 * arrives, and `ContractError` for an answer that is not SCIM; the message names the call and the person or group.
 */
export interface IdentityProvider {
  /** The name people know, for example "Okta". */
  readonly name: string;
  readonly habits: ProviderHabits;
  /** What the admin's "test connection" button sends. Changes nothing, unless it is JumpCloud's. */
  testConnection(): Promise<void>;
  /** Gives a person the app: matches an existing account, or creates one. */
  assign(person: Person): Promise<void>;
  /** Pushes the person's current profile. Never changes whether the account is active. */
  update(person: Person): Promise<void>;
  /** Switches the account off. */
  deactivate(person: Person): Promise<void>;
  /** Switches the account on again. */
  reactivate(person: Person): Promise<void>;
  /** What happens when the person is deleted in the provider. Okta never deletes an account; it leaves it off. */
  remove(person: Person): Promise<void>;
  /** Starts to push a group: matches one of that name, or creates an empty one. */
  createGroup(group: Group): Promise<void>;
  renameGroup(group: Group, name: string): Promise<void>;
  /** Sends nothing where `habits.deletesGroups` is false: the group stays on the server as it was. */
  deleteGroup(group: Group): Promise<void>;
  /** Adds people who have been assigned. @throws DirsyncError `not_provisioned` for one who has not. */
  addMembers(group: Group, people: readonly Person[]): Promise<void>;
  /** Removes exactly these people; the others stay. */
  removeMembers(group: Group, people: readonly Person[]): Promise<void>;
}
