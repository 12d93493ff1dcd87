import type { ScimResource } from "../scim/resource.ts";
import { fold } from "../store/fold.ts";

/** A person of the file who cannot be taken; `index` is their place in it. */
export interface RefusedPerson {
  readonly index: number;
  readonly message: string;
}

/**
 * The people whom another one of the file is as well. Two rows about one person would be an order that nobody gave, and
 * the one that stands later would win without a word.
 */
export function twinsAmong(people: readonly { readonly resource: ScimResource }[]): readonly RefusedPerson[] {
  const twins = identities.flatMap(({ name, keyOf }) => {
    const firsts = new Map<string, number>();
    return people.flatMap(({ resource }, index): RefusedPerson[] => {
      const key = keyOf(resource);
      const first = key === null ? undefined : firsts.get(key);
      if (first !== undefined) return [twinOf(index, first, name), twinOf(first, index, name)];
      if (key !== null) firsts.set(key, index);
      return [];
    });
  });
  // One refusal for each: the first of three twins is told of the second.
  const byIndex = new Map<number, RefusedPerson>();
  for (const twin of twins) if (!byIndex.has(twin.index)) byIndex.set(twin.index, twin);
  return [...byIndex.values()].sort((one, other) => one.index - other.index);
}

/** The number that the file gives somebody. A blank one is none: it would be everybody's who has none. */
export function numberOf({ externalId }: ScimResource): string | null {
  return typeof externalId === "string" && externalId.trim() !== "" ? externalId : null;
}

/** A user name as it is compared (RFC 7643 section 4.1.1: `userName` is not case-exact, `externalId` is). */
export function userNameOf({ userName }: ScimResource): string {
  return fold(String(userName));
}

const identities = [
  { name: "externalId", keyOf: numberOf },
  { name: "userName", keyOf: userNameOf },
] as const;

function twinOf(index: number, other: number, name: string): RefusedPerson {
  const message = `people.${String(other)} has the same ${name}, and each person is one row. Leave one of them out.`;
  return { index, message };
}
