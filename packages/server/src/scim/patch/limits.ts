import { ScimError } from "../error.ts";

/** Most steps in one PATCH, counted after an object without a path is taken apart into its attributes. */
const patchOperationsMax = 1000;

/** Most text in all paths of one PATCH together: a thousand of the longest that providers really send. */
const patchPathCharactersMax = 131_072;

/** Most comparisons one PATCH may cause: a hundred times a large real one, and some tens of milliseconds of work. */
const patchComparisonsMax = 300_000;

/** Refuses a PATCH over the limits before its paths are read. @throws scim_error 413 */
export function assertAffordable(operations: readonly unknown[], pathOf: (operation: unknown) => unknown): void {
  assertCount(operations.length);
  let characters = 0;
  for (const operation of operations) {
    const path = pathOf(operation);
    if (typeof path === "string") characters += path.length;
  }
  if (characters > patchPathCharactersMax) {
    throw tooLarge(`The paths of a PATCH are together at most ${patchPathCharactersMax} characters long.`);
  }
}

/** Refuses more steps than one PATCH may have. @throws scim_error 413 */
export function assertCount(operations: number): void {
  if (operations > patchOperationsMax) throw tooLarge(`A PATCH takes at most ${patchOperationsMax} changes.`);
}

/** Counts the work of one PATCH, so that many filters over long lists cannot hold the process up. */
export class WorkBudget {
  #left = patchComparisonsMax;

  /** @throws scim_error 413 once more than `patchComparisonsMax` comparisons are spent */
  spend(comparisons: number): void {
    this.#left -= comparisons;
    if (this.#left < 0) throw tooLarge("The operations would compare too many values.");
  }
}

function tooLarge(what: string): Error {
  return new ScimError(`${what} Send several requests.`, { status: 413 });
}
