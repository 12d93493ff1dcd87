import type { Person } from "../people.ts";
import type { Group } from "../provider.ts";

/** One thing that happens at a company, as data. */
export type Act =
  | { readonly kind: "test" }
  | { readonly kind: "assign" | "update" | "deactivate" | "reactivate" | "remove"; readonly person: Person }
  | { readonly kind: "create group" | "delete group"; readonly group: Group }
  | { readonly kind: "rename group"; readonly group: Group; readonly name: string }
  | { readonly kind: "add members" | "remove members"; readonly group: Group; readonly people: readonly Person[] }
  /** All under way at the same time. */
  | { readonly kind: "at once"; readonly acts: readonly Act[] }
  /** The server does it, but its answer is lost on the way; the provider then does it once more. */
  | { readonly kind: "lost answer"; readonly act: Act }
  /** Somebody looks for the person, spelled in capitals. The provider sends nothing. */
  | { readonly kind: "search"; readonly person: Person }
  /** Two clients of the provider, neither of which knows of the other, assign the same person at the same time. */
  | { readonly kind: "race"; readonly person: Person };

/** What happens, in plain words. */
export function describeAct(act: Act): string {
  switch (act.kind) {
    case "test":
      return "the admin tests the connection";
    case "assign":
      return `${act.person.displayName} is assigned to the app`;
    case "update":
      return `the profile of ${act.person.displayName} changes`;
    case "deactivate":
      return `${act.person.displayName} is taken off the app`;
    case "reactivate":
      return `${act.person.displayName} comes back`;
    case "remove":
      return `${act.person.displayName} is deleted for good`;
    case "create group":
      return `the group ${act.group.name} is pushed`;
    case "delete group":
      return `the group ${act.group.name} is no longer pushed`;
    case "rename group":
      return `the group ${act.group.name} is renamed ${act.name}`;
    case "add members":
      return `${namesOf(act.people)} ${act.people.length === 1 ? "joins" : "join"} ${act.group.name}`;
    case "remove members":
      return `${namesOf(act.people)} ${act.people.length === 1 ? "leaves" : "leave"} ${act.group.name}`;
    case "at once":
      return `at the same time: ${describeSome(act.acts)}`;
    case "lost answer":
      return `${describeAct(act.act)}; the answer is lost, and it is sent again`;
    case "search":
      return `somebody looks for ${act.person.userName.toUpperCase()}`;
    case "race":
      return `two connectors assign ${act.person.displayName} at the same time`;
    default:
      return act satisfies never;
  }
}

/** True for an act that a provider without groups cannot perform. */
export function concernsGroups(act: Act): boolean {
  switch (act.kind) {
    case "create group":
    case "delete group":
    case "rename group":
    case "add members":
    case "remove members":
      return true;
    case "at once":
      return act.acts.some(concernsGroups);
    case "lost answer":
      return concernsGroups(act.act);
    case "test":
    case "assign":
    case "update":
    case "deactivate":
    case "reactivate":
    case "remove":
    case "search":
    case "race":
      return false;
    default:
      return act satisfies never;
  }
}

// More than these would fill a line and tell nothing.
const namedMax = 3;

function namesOf(people: readonly Person[]): string {
  const named = people.slice(0, namedMax).map(({ displayName }) => displayName);
  const others = people.length - named.length;
  const last = others === 0 ? named.pop() : `${String(others)} more`;
  return named.length === 0 ? String(last) : `${named.join(", ")} and ${String(last)}`;
}

function describeSome(acts: readonly Act[]): string {
  const [first] = acts;
  if (first === undefined) return "nothing";
  return acts.length === 1 ? describeAct(first) : `${describeAct(first)}, and ${String(acts.length - 1)} more like it`;
}
