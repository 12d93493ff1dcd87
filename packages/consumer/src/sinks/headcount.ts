/** Counts the users of a directory now; more than `most` need not be counted. */
export type CountUsers = (most: number) => number;

/** What is held against the size of a directory. */
export interface Leavers {
  /** People who have lost access within the guard's time. */
  readonly people: number;
  /** Losses ever, which may each have been the end of a user. */
  readonly losses: number;
}

/**
 * A count is old once so much of the directory, with those who had left it, has gone since: others come meanwhile, and a scan may
 * find that many are gone.
 */
const oldShare = 0.01;

/**
 * Tells whether people are more than a share of their directory, without counting the directory for each of them: a burst of
 * a hundred thousand would read it a hundred thousand times, and hold up everybody else.
 */
export class Headcount {
  readonly #countUsers: CountUsers;
  #count = 0;
  /** False when there may be more than were counted. */
  #isAll = false;
  /** People who had left by then, and losses until then. */
  #people = 0;
  #losses = 0;

  constructor(countUsers: CountUsers) {
    this.#countUsers = countUsers;
  }

  /** Those who are deleted are not among the users any more, so that they count besides. */
  isMoreThan(share: number, { people, losses }: Leavers): boolean {
    const since = losses - this.#losses;
    const isOver = (users: number): boolean => people > share * (users + people);
    if (since <= oldShare * (this.#count + this.#people)) {
      // At least so many are there, because nobody goes without a loss, and at most all that were.
      if (!isOver(this.#count - since)) return false;
      if (this.#isAll && isOver(this.#count)) return true;
    }
    // Twice what has to be known, for those who come next.
    const most = 2 * Math.ceil(people / share);
    this.#count = this.#countUsers(most);
    this.#isAll = this.#count < most;
    [this.#people, this.#losses] = [people, losses];
    return isOver(this.#count);
  }
}
