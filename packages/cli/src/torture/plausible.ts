import { entityOf } from "@dirsync/consumer";
import type { DirectoryEvent } from "@dirsync/sdk";
import type { LogEntry } from "./model.ts";

/**
 * The entries that a service could have sent if the others had never happened: nothing is changed, deleted or joined
 * that is not there. What shrinking leaves out takes with it what rests on it.
 */
export function plausible(entries: readonly LogEntry[]): readonly LogEntry[] {
  const present = new Set<string>();
  return entries.filter(({ event }) => {
    if (!neededBy(event).every((key) => present.has(key))) return false;
    const own = entityOf(event);
    if (bringsAbout(event)) present.add(own);
    else if (ends(event)) present.delete(own);
    return true;
  });
}

/** The entries of `seqs` and those that they rest on, oldest first. */
export function foundations(entries: readonly LogEntry[], seqs: ReadonlySet<number>): readonly LogEntry[] {
  const wanted = new Set<string>();
  // Backwards, because what an entry rests on stands before it.
  const kept = [...entries].reverse().filter(({ seq, event }) => {
    const own = entityOf(event);
    if (!seqs.has(seq) && !(bringsAbout(event) && wanted.has(own))) return false;
    wanted.delete(own);
    for (const key of neededBy(event)) wanted.add(key);
    return true;
  });
  return plausible(kept.reverse());
}

/** What must be there before the event can happen. */
function neededBy(event: DirectoryEvent): readonly string[] {
  const { data } = event;
  if (event.event === "dsync.group.user_added" || event.event === "dsync.group.user_removed") {
    const around = [keyOf("user", data["user"]), keyOf("group", data["group"])];
    return event.event === "dsync.group.user_removed" ? [...around, entityOf(event)] : around;
  }
  // The service tells of a directory's activation, but a stream may well begin after that.
  return bringsAbout(event) || event.event === "dsync.deleted" ? [] : [entityOf(event)];
}

function keyOf(kind: string, value: unknown): string {
  const id = typeof value === "object" && value !== null && "id" in value ? value.id : null;
  return `${kind}:${String(id)}`;
}

function bringsAbout({ event }: DirectoryEvent): boolean {
  return event.endsWith(".created") || event.endsWith(".user_added") || event === "dsync.activated";
}

function ends({ event }: DirectoryEvent): boolean {
  return event.endsWith(".deleted") || event.endsWith(".user_removed");
}
