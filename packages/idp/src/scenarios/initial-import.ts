import type { Person } from "../people.ts";
import type { IdentityProvider } from "../provider.ts";

/** Who is imported, and how fast. */
export interface ImportStory {
  /** Must end. A person's manager should come before the person. */
  readonly people: Iterable<Person>;
  /** Calls under way at the same time. Default 1, as within one provisioning job. */
  readonly concurrencyMax?: number;
}

/**
 * The app is connected to a company that exists already: everybody is assigned. Also serves as load.
 * Resolves with the number of people; rejects with the first failure, after the calls under way have ended.
 */
export async function initialImport(provider: IdentityProvider, story: ImportStory): Promise<number> {
  const queue = story.people[Symbol.iterator]();
  let assigned = 0;
  let hasFailed = false;

  async function work(): Promise<void> {
    for (let next = queue.next(); next.done !== true && !hasFailed; next = queue.next()) {
      try {
        await provider.assign(next.value);
        assigned += 1;
      } catch (error) {
        hasFailed = true;
        throw error;
      }
    }
  }

  const workers = Array.from({ length: Math.max(1, story.concurrencyMax ?? 1) }, work);
  for (const outcome of await Promise.allSettled(workers)) {
    if (outcome.status === "rejected") {
      throw outcome.reason;
    }
  }
  return assigned;
}
