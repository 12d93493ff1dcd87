import type { Person } from "../people.ts";
import type { Group, IdentityProvider } from "../provider.ts";
import type { Step } from "./step.ts";

/** Somebody is hired: gets an account, then joins teams. The groups must have been created. */
export function joiner(
  provider: IdentityProvider,
  story: { readonly person: Person; readonly groups: readonly Group[] },
): Step[] {
  const { person, groups } = story;
  const actor = provider.name;
  const asWhat = person.title === undefined ? "" : ` as ${person.title}`;
  return [
    { actor, description: `${person.displayName} joins${asWhat}`, run: () => provider.assign(person) },
    ...groups.map((group) => ({
      actor,
      description: `${person.displayName} is added to the team ${group.name}`,
      run: () => provider.addMembers(group, [person]),
    })),
  ];
}
