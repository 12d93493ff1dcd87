/** What tells one provider from the next, as data. `templated.ts` acts on it. */
import type { ScimDialect } from "../client.ts";
import type { Person } from "../people.ts";
import type { Group, ProviderHabits } from "../provider.ts";

/** One provider's habits, for those whose requests differ in form only. */
export interface ProviderTemplate {
  readonly dialect: ScimDialect;
  readonly habits: ProviderHabits;
  /** Read by the connection test, in this order. None: the provider has no such test. */
  readonly probes: readonly string[];
  /** People a connection test creates and deletes again; null where it only reads. */
  readonly trial: { readonly person: Person; readonly changed: Person; readonly group: Group } | null;
  /** Stands behind the address of every write. OneLogin leaves a lone `?` there. */
  readonly writeSuffix: "" | "?";
  readonly users: UserTemplate;
  /** Null for a provider that pushes people only. */
  readonly groups: GroupTemplate | null;
}

/** How something is found on the server: by a filter, by a filter in the form encoding, or by reading every page. */
export type MatchBy = "filter" | "form filter" | "pages";

/** How a provider writes people. */
export interface UserTemplate {
  readonly match: MatchBy;
  /** What assigning begins with. After a POST, a 409 leads to a search. */
  readonly begins: "search" | "post";
  /** Whether a POST that nobody answered is sent again as it was, rather than after a search. Its 409 then leads to one. */
  readonly resends?: boolean;
  /** Whether every update begins with a search, although the id is known. */
  readonly searchesAlways: boolean;
  /**
   * `put`: the whole profile. `put with id`: the same with the server's id. `read and put`: the server's resource with
   * the profile over it. `patch`: reads, then one operation for each attribute that differs.
   */
  readonly update: "put" | "put with id" | "read and put" | "patch";
  /** How an account is switched: by a PATCH of `active`, or as part of an update. */
  readonly switching: "patch" | "with update";
  /** Whether an update of somebody the server has lost creates them again. */
  readonly recreates: boolean;
  /** Everything the provider sends of a person, but for `active`. */
  readonly profile: (person: Person) => Readonly<Record<string, unknown>>;
  /** Sent with a create only. */
  readonly onCreate: Readonly<Record<string, unknown>>;
}

/** How a provider writes groups. */
export interface GroupTemplate {
  readonly match: MatchBy;
  readonly begins: "search" | "post";
  readonly profile: (group: Group) => Readonly<Record<string, unknown>>;
  /**
   * `list`: one operation names all who come. `one request each`: as many requests as people, all at once. `whole list`:
   * a PATCH replaces the members by all there are now. `whole group`: a PUT of the group with all members, for renames too.
   */
  readonly membership: "list" | "one request each" | "whole list" | "whole group";
  /** How a `list` or `one request each` names who goes: `members[value eq "x"]`, or a value list on `members`. */
  readonly removal: "filter" | "list";
  /** Whether a member comes with a `display` beside the `value`. */
  readonly namesMembers: boolean;
}

/** The parts of the enterprise extension that are known of a person; null when there are none. */
export function enterpriseParts(person: Person): Readonly<Record<string, string>> | null {
  const parts = {
    ...(person.department === undefined ? {} : { department: person.department }),
    ...(person.employeeNumber === undefined ? {} : { employeeNumber: person.employeeNumber }),
  };
  return Object.keys(parts).length === 0 ? null : parts;
}

/** The title as an attribute, where there is one. */
export function titleOf(person: Person): Readonly<Record<string, string>> {
  return person.title === undefined ? {} : { title: person.title };
}
