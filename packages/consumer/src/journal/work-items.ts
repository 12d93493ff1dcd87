import type { DirectoryEvent } from "@dirsync/sdk";
import type { WorkItem } from "../model.ts";
import { syntheticOf } from "../scan/synthetic.ts";

/** An entry with what a sink has done about it; nulls when it has done nothing. */
export interface WorkRow {
  readonly seq: number;
  readonly body: string;
  readonly attempts: number | null;
  readonly next_at: number | null;
  readonly replay: number | null;
  readonly redriven: number | null;
  readonly flags: number;
}

/** An event and the length of its JSON. */
interface Untried {
  readonly event: DirectoryEvent;
  readonly characters: number;
}

/** In `event.flags`: found later than its place in the log. */
const lateFlag = 1;

/** In `event.flags`: a person's data was purged from it. */
const blankFlag = 4;

/** In `event.flags`: a scan has made it. */
const madeHereFlag = 2;

/** What nobody has done anything about. */
export function untried(seq: number, { event, characters }: Untried): WorkItem {
  return { seq, event, characters, attempts: 0, nextAtMs: 0, replay: false };
}

/** An entry as a dispatcher takes it. */
export function toWorkItem(row: WorkRow): WorkItem {
  const event = JSON.parse(row.body) as DirectoryEvent;
  // Not by what the event says alone, which may come from upstream.
  const synthetic = (row.flags & madeHereFlag) === 0 ? null : syntheticOf(event);
  return {
    seq: row.seq,
    event,
    characters: row.body.length,
    attempts: row.attempts ?? 0,
    nextAtMs: row.next_at ?? 0,
    replay: row.replay === 1,
    ...((row.redriven ?? 0) > 0 ? { redriven: true } : {}),
    ...(synthetic === null ? {} : { synthetic }),
    ...((row.flags & lateFlag) === 0 ? {} : { late: true as const }),
    ...((row.flags & blankFlag) === 0 ? {} : { isBlank: true as const }),
  };
}
