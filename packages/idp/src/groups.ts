/** Fictitious groups. */
import type { Group } from "./provider.ts";
import { seededUuid } from "./seeded.ts";

/** A group whose id depends on the name it starts with and on the seed alone, in the form of an Entra ID object id. */
export function makeGroup(name: string, seed = 0): Group {
  return { id: seededUuid(`group:${seed}:${name}`), name };
}
