import type { Person } from "../people.ts";
import type { Group, IdentityProvider } from "../provider.ts";
import type { Step } from "./step.ts";

/** Somebody changes jobs. `person` is who they are afterwards; both groups must have been created. */
export interface MoverStory {
  readonly person: Person;
  readonly from: Group;
  readonly to: Group;
}

/** Somebody changes jobs: a new title and department, then the new team, then out of the old one. */
export function mover(provider: IdentityProvider, story: MoverStory): Step[] {
  const { person, from, to } = story;
  const actor = provider.name;
  const becomes = person.title === undefined ? "changes jobs" : `becomes ${person.title}`;
  return [
    { actor, description: `${person.displayName} ${becomes}`, run: () => provider.update(person) },
    {
      actor,
      description: `${person.displayName} is added to the team ${to.name}`,
      run: () => provider.addMembers(to, [person]),
    },
    {
      actor,
      description: `${person.displayName} is taken out of the team ${from.name}`,
      run: () => provider.removeMembers(from, [person]),
    },
  ];
}

/** Somebody takes another name. `person` is who they are afterwards. */
export function rename(
  provider: IdentityProvider,
  story: { readonly person: Person; readonly formerName: string },
): Step[] {
  const { person, formerName } = story;
  return [
    {
      actor: provider.name,
      description: `${formerName} is now called ${person.displayName}`,
      run: () => provider.update(person),
    },
  ];
}
