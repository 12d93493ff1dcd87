import { makeGroup } from "../groups.ts";
import { people, takePeople } from "../people.ts";
import type { Person } from "../people.ts";
import type { Group } from "../provider.ts";

/** Who plays in a scenario. The same seed and scenario, the same people and groups; no two scenarios share one. */
export interface Cast {
  /** None has a manager, so that each stands for itself. */
  readonly people: readonly Person[];
  readonly groups: readonly Group[];
}

const groupNames = ["Engineering", "Sales", "Support", "Everybody"];

/** Draws a cast. Its addresses are below `example.com`, which RFC 2606 §3 keeps free. */
export function drawCast(scenario: string, { seed, count }: { readonly seed: number; readonly count: number }): Cast {
  const source = people(seed, { domain: `${scenario}.example.com` });
  return {
    people: takePeople(source, count).map(withoutManager),
    groups: groupNames.map((name) => makeGroup(`${name} (${scenario} ${String(seed)})`, seed)),
  };
}

function withoutManager(person: Person): Person {
  const { manager: _manager, ...rest } = person;
  return rest;
}
