import type { Journal, SourceDeadLetter } from "@dirsync/consumer";
import type { Output } from "../output.ts";

/** What the service listed and is no event. It belongs to no sink, so asking for one leaves it out. */
export async function refusedIn(
  journal: Journal,
  { sink }: { readonly sink?: string },
): Promise<readonly SourceDeadLetter[]> {
  return sink === undefined ? await journal.sourceDeadLetters() : [];
}

/** True when a person means this one: by the id it has, or by its hash. */
export function isNamed({ hash, eventId }: SourceDeadLetter, name: string): boolean {
  return name === hash || name === eventId;
}

/** What is said about it as JSON. */
export function refusedToJson(letter: SourceDeadLetter): Readonly<Record<string, string | null>> {
  return {
    event_id: letter.eventId,
    hash: letter.hash,
    sink: null,
    after: letter.after,
    found_at: new Date(letter.foundAtMs).toISOString(),
    reason: letter.problem,
    code: "no_event",
  };
}

/** The table of them, for people. */
export function listRefused(letters: readonly SourceDeadLetter[], output: Output): void {
  output.line("Listed by the service, and no events:");
  output.table(letters, [
    { heading: "HASH", cell: ({ hash }) => hash },
    { heading: "EVENT", cell: ({ eventId }) => eventId ?? "-" },
    { heading: "AFTER", cell: ({ after }) => after ?? "-" },
    { heading: "FOUND", cell: ({ foundAtMs }) => new Date(foundAtMs).toISOString() },
    { heading: "REASON", cell: ({ problem }) => problem, isProse: true },
  ]);
}
