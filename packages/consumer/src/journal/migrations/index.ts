import { initial } from "./001-initial.ts";
import { locksAndGaps } from "./002-locks-and-gaps.ts";
import { sourceDeadLetters } from "./003-source-dead-letters.ts";
import { mirror } from "./004-mirror.ts";
import { scans } from "./005-scans.ts";
import { forcedReplays } from "./006-forced-replays.ts";
import { begunTogether } from "./007-begun-together.ts";
import { unknownEvents } from "./008-unknown-events.ts";
import { holderNote } from "./009-holder-note.ts";

/** SQL that brings a state file from version n to n + 1, by position. Never edit an entry that has been released. */
export const migrations: readonly string[] = [
  initial,
  locksAndGaps,
  sourceDeadLetters,
  mirror,
  scans,
  forcedReplays,
  begunTogether,
  unknownEvents,
  holderNote,
];
