import { type DeadLetterKey, guardedCode, type Journal } from "@dirsync/consumer";
import { isDirsyncError } from "@dirsync/sdk";
import { unlessGone } from "./unless-gone.ts";
import { amount } from "../ui/amount.ts";

/** What the guard of a tail holds, of one directory and for one sink. */
export interface Held {
  readonly directoryId: string;
  readonly sink: string;
  readonly letters: readonly DeadLetterKey[];
}

/** What is held, by directory and sink. */
export async function heldIn(journal: Journal): Promise<readonly Held[]> {
  const groups = new Map<string, DeadLetterKey[]>();
  for (const letter of await journal.deadLetterKeys()) {
    if (letter.code !== guardedCode) continue;
    const key = JSON.stringify([letter.directoryId ?? "", letter.sink]);
    const letters = groups.get(key);
    if (letters === undefined) groups.set(key, [letter]);
    else letters.push(letter);
  }
  return [...groups].map(([key, letters]) => {
    const [directoryId, sink] = JSON.parse(key) as [string, string];
    return { directoryId, sink, letters };
  });
}

/** What was done with what was held. */
export interface HeldDecision {
  readonly done: number;
  /** Left as they are, because a later event about the same person has overtaken them. */
  readonly overtaken: number;
}

/** Lets events go on, or gives them up: then whoever they are about keeps access. */
export async function decideHeld(journal: Journal, { letters }: Held, isDiscarded: boolean): Promise<HeldDecision> {
  let [done, overtaken] = [0, 0];
  for (const { sink, seq } of letters) {
    const decision = isDiscarded ? journal.discard(sink, seq) : journal.redrive(sink, seq, {});
    try {
      if (await unlessGone(decision)) done += 1;
    } catch (error) {
      if (!isDirsyncError(error) || error.code !== "superseded") throw error;
      overtaken += 1;
    }
  }
  return { done, overtaken };
}

/** How much is held, and of what. */
export function describeHeld({ directoryId, sink, letters }: Held): string {
  return `${amount(letters.length, "event")} of ${directoryId} for ${sink}`;
}
