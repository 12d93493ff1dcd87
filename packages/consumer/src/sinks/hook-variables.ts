import type { DirectoryEvent } from "@dirsync/sdk";
import type { Attempt, BatchEntry } from "../model.ts";

/** Environment variables that tell a program about its event. */
export type Variables = Readonly<Record<string, string>>;

/**
 * What may become the value of a variable. Hooks are shell scripts more often than not, and what comes from a directory
 * must not be able to say anything to a shell, to a path or to an option parser.
 */
const valuePattern = /^(?!\.+$)[\w.:][\w.:-]{0,255}$/;

/** For a process that takes one event. A value that is no plain id is left out: it is on standard input anyway. */
export function eventVariables(event: DirectoryEvent, attempt: Attempt): Variables {
  return plain({
    DIRSYNC_EVENT_ID: event.id,
    DIRSYNC_EVENT_TYPE: event.event,
    DIRSYNC_EVENT_SEQ: String(attempt.seq),
    DIRSYNC_EVENT_ATTEMPT: String(attempt.number),
    DIRSYNC_EVENT_LANE: attempt.lane,
    DIRSYNC_EVENT_EPOCH: String(attempt.epoch),
    ...(attempt.replay ? { DIRSYNC_EVENT_REPLAY: "1" } : {}),
    ...(attempt.late === true ? { DIRSYNC_EVENT_LATE: "1" } : {}),
    ...syntheticVariables(attempt),
  });
}

/** For a process that takes several, which follow one another. */
export function batchVariables(entries: readonly BatchEntry[]): Variables {
  const [first, last] = [entries[0], entries.at(-1)];
  if (first === undefined || last === undefined) return { DIRSYNC_BATCH_SIZE: "0" };
  return plain({
    DIRSYNC_BATCH_SIZE: String(entries.length),
    DIRSYNC_BATCH_FIRST_SEQ: String(first.attempt.seq),
    DIRSYNC_BATCH_LAST_SEQ: String(last.attempt.seq),
    DIRSYNC_BATCH_ATTEMPT: String(first.attempt.number),
    DIRSYNC_BATCH_LANE: first.attempt.lane,
    DIRSYNC_BATCH_EPOCH: String(first.attempt.epoch),
    ...(entries.some(({ attempt }) => attempt.replay) ? { DIRSYNC_BATCH_REPLAY: "1" } : {}),
    ...(entries.some(({ attempt }) => attempt.late === true) ? { DIRSYNC_BATCH_LATE: "1" } : {}),
  });
}

/** The cause of the scan that found what the event says, and which scan it was. */
function syntheticVariables({ synthetic }: Attempt): Variables {
  return synthetic === undefined ? {} : { DIRSYNC_EVENT_SYNTHETIC: synthetic.cause, DIRSYNC_SCAN_ID: synthetic.scanId };
}

function plain(values: Variables): Variables {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => valuePattern.test(value)));
}
