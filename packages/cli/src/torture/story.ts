/** What happens at the companies of a chapter, drawn by a seed. */
import {
  connection,
  type Group,
  type IdentityProvider,
  joiner,
  leaver,
  makeGroup,
  mover,
  people,
  type Person,
  rehire,
  rename,
  type Step,
  takePeople,
  withFamilyName,
  withJob,
} from "@dirsync/idp";
import { between, type Random } from "./random.ts";

/** Who plays in a chapter. */
export interface Cast {
  readonly seed: number;
  readonly okta: IdentityProvider;
  readonly entra: IdentityProvider;
}

/**
 * Joiners, movers, leavers, somebody who comes back, renamed people, teams that come and go, and somebody who moves from
 * one company's directory to the other's with the same e-mail address.
 */
export function writeStory({ seed, okta, entra }: Cast, random: Random): readonly Step[] {
  const [anna, ben, cleo, dan, eve, finn, gail, hugo] = takePeople(people(seed), 8).map(withoutManager) as Eight;
  const [engineering, sales] = [makeGroup("Engineering", seed), makeGroup("Sales", seed)];
  const support = makeGroup("Support", seed);
  const first = { groups: [engineering, sales], people: [anna, ben, cleo, gail] satisfies Four };
  const second = { groups: [support], people: [dan, eve, finn, hugo] satisfies Four };
  return merge([...atOkta(okta, first)], [...atEntra(entra, { ...second, newcomer: cleo })], random);
}

type Four = [Person, Person, Person, Person];
type Eight = [...Four, ...Four];

interface Staff {
  readonly groups: readonly Group[];
  /** The last one joins, and nothing more ever happens to them. */
  readonly people: Four;
}

function* atOkta(provider: IdentityProvider, { groups, people: [anna, ben, cleo, gail] }: Staff): Generator<Step> {
  const [engineering, sales] = groups as [Group, Group];
  const actor = provider.name;
  yield* connection(provider, { groups });
  yield* joiner(provider, { person: anna, groups: [engineering] });
  yield* joiner(provider, { person: ben, groups: [engineering, sales] });
  yield* joiner(provider, { person: cleo, groups: [sales] });
  yield* joiner(provider, { person: gail, groups: [sales] });
  const promoted = withJob(anna, { title: "Sales Lead", department: "Sales" });
  yield* mover(provider, { person: promoted, from: engineering, to: sales });
  yield* leaver(provider, { person: cleo });
  const married = withFamilyName(ben, "Marlowe");
  yield* rename(provider, { person: married, formerName: ben.displayName });
  yield* leaver(provider, { person: married });
  yield* rehire(provider, { person: married });
  yield {
    actor,
    description: "the team Sales is renamed",
    run: () => provider.renameGroup(sales, "Revenue"),
  };
  yield { actor, description: "the team Engineering is dissolved", run: () => provider.deleteGroup(engineering) };
}

function* atEntra(provider: IdentityProvider, staff: Staff & { readonly newcomer: Person }): Generator<Step> {
  const { groups, newcomer } = staff;
  const [dan, eve, finn, hugo] = staff.people;
  const [support] = groups as [Group];
  yield* connection(provider, { groups });
  yield* joiner(provider, { person: dan, groups: [support] });
  yield* joiner(provider, { person: eve, groups: [support] });
  yield* joiner(provider, { person: finn, groups: [] });
  yield* joiner(provider, { person: hugo, groups: [support] });
  yield* joiner(provider, { person: newcomer, groups: [support] });
  yield* leaver(provider, { person: eve, isErased: true });
  // Deleted and hired again: a new account with an old address.
  yield* joiner(provider, { person: eve, groups: [] });
  yield* leaver(provider, { person: finn, isErased: true });
  yield {
    actor: provider.name,
    description: `${dan.displayName} leaves the team Support`,
    run: () => provider.removeMembers(support, [dan]),
  };
}

/** A manager makes events of two people, which says nothing about a handler that one would not. */
function withoutManager({ manager: _manager, ...person }: Person): Person {
  return person;
}

/** Both lists as one, each in its own order. */
function merge(one: readonly Step[], other: readonly Step[], random: Random): readonly Step[] {
  const [left, right] = [[...one], [...other]];
  const merged: Step[] = [];
  while (left.length + right.length > 0) {
    const next = between(random, 1, left.length + right.length) <= left.length ? left.shift() : right.shift();
    if (next !== undefined) merged.push(next);
  }
  return merged;
}
