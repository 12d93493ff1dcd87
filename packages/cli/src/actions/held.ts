import { type DeadLetter, guardedCode, type Journal } from "@dirsync/consumer";
import { amount } from "../ui/amount.ts";

/** What the guard of a tail holds, of one directory and for one sink. */
export interface Held {
  readonly directoryId: string;
  readonly sink: string;
  readonly letters: readonly DeadLetter[];
}

/** What is held, by directory and sink. */
export async function heldIn(journal: Journal): Promise<readonly Held[]> {
  const groups = new Map<string, DeadLetter[]>();
  for (const letter of await journal.deadLetters()) {
    if (letter.failure.code !== guardedCode) continue;
    const key = JSON.stringify([directoryOf(letter), letter.sink]);
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
  let overtaken = 0;
  for (const { sink, seq, supersededBy } of letters) {
    if (isDiscarded) await journal.discard(sink, seq);
    else if (supersededBy === null) await journal.redrive(sink, seq, {});
    else overtaken += 1;
  }
  return { done: letters.length - overtaken, overtaken };
}

/** How much is held, and of what. */
export function describeHeld({ directoryId, sink, letters }: Held): string {
  return `${amount(letters.length, "event")} of ${directoryId} for ${sink}`;
}

function directoryOf({ event: { event, data } }: DeadLetter): string {
  return String(event === "dsync.deleted" ? data["id"] : data["directory_id"]);
}
