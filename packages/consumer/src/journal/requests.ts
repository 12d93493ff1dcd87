/** What people ask of a sink. */

/** How what a later event has overtaken is treated when it is to come again. */
export interface OvertakenOptions {
  /** Deliver it even though a later event about the same object exists. */
  readonly force?: boolean;
}

/** How a replay is asked for. */
export interface ReplayOptions extends OvertakenOptions {
  /** Told now and then how many positions of the journal have been looked through, and of how many. */
  readonly onProgress?: (done: number, total: number) => void;
}

/** How a dead letter that a later event has overtaken is treated when it is redriven. At most one of these. */
export interface RedriveOptions extends OvertakenOptions {
  /**
   * Have the last event about its object come once more instead, or the end of what that belongs to, and give the letter
   * up: events carry the whole state of their object, so the last one says how it is.
   */
  readonly latest?: boolean;
}

/** Which finished events a sink is to get once more: those that are all of what is given. */
export interface ReplaySelection {
  /** Positions in the journal, both included. */
  readonly fromSeq?: number;
  readonly toSeq?: number;
  readonly ids?: readonly string[];
  /** What they are about, as `entityOf` says it. */
  readonly entity?: string;
  /** Id of the directory they are about or from. */
  readonly directory?: string;
  /** Id of the user they are about, memberships included. */
  readonly user?: string;
  /** ISO 8601; `created_at` at or after this. */
  readonly since?: string;
  /** ISO 8601; `created_at` before this. */
  readonly until?: string;
}

/** What a replay is of. */
export interface Replayed {
  readonly count: number;
  readonly firstSeq: number | null;
  readonly lastSeq: number | null;
  /** How many of them a later event has overtaken that is not one of them. */
  readonly overtaken: number;
  /** Events besides that a person has given up while a guard held them: they come only when their ids are given. */
  readonly leftOut: number;
}

/** A part of the dead letters there are. */
export interface DeadLetterPage {
  /** Behind this one. Default from the first on. */
  readonly after?: { readonly sink: string; readonly seq: number };
  /** At most so many, and fewer where those come to 8 Mi characters of JSON. Default all. */
  readonly limit?: number;
}

/** Dead letters that are all of what is given. */
export interface DeadLetterChoice {
  readonly sink?: string | undefined;
  readonly eventId?: string | undefined;
}

/** Which dead letter, and what can be told of it without reading its event: of a hundred thousand, all at once. */
export interface DeadLetterKey {
  readonly sink: string;
  readonly seq: number;
  readonly eventId: string;
  /** Code of the failure with which it was given up. */
  readonly code: string;
  /** Of what a guard holds, the directory it is about or belongs to; null of all others, and where an event says none. */
  readonly directoryId: string | null;
}

/** How a purge is watched. */
export interface PurgeOptions {
  /** Told now and then how many positions of the journal have been looked through, and of how many: twice where a name leads to ids. */
  readonly onProgress?: (done: number, total: number) => void;
}
