import type { Person } from "../people.ts";
import type { IdentityProvider } from "../provider.ts";
import type { Step } from "./step.ts";

/** Somebody leaves. */
export interface LeaverStory {
  readonly person: Person;
  /** Whether the person is also deleted in the provider, as happens weeks later. Default false. */
  readonly isErased?: boolean;
}

/** Somebody leaves: the account is switched off at once and, if asked, deleted for good. */
export function leaver(provider: IdentityProvider, story: LeaverStory): Step[] {
  const { person } = story;
  const actor = provider.name;
  const leave = {
    actor,
    description: `${person.displayName} leaves; the account is switched off`,
    run: () => provider.deactivate(person),
  };
  const erase = {
    actor,
    description: `weeks later, ${person.displayName} is deleted for good`,
    run: () => provider.remove(person),
  };
  return story.isErased === true ? [leave, erase] : [leave];
}

/** Somebody who left comes back: the same account is switched on again. */
export function rehire(provider: IdentityProvider, story: { readonly person: Person }): Step[] {
  const { person } = story;
  return [
    {
      actor: provider.name,
      description: `${person.displayName} comes back; the account is switched on again`,
      run: () => provider.reactivate(person),
    },
  ];
}
