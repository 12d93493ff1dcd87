import { isStateFileHeld, openJournal, type ScanStatus, type StreamStatus } from "@dirsync/consumer";
import { systemRuntime } from "@dirsync/sdk";
import type { Context } from "../context.ts";
import { exitCodes } from "../exit-codes.ts";
import { createOutput, type Output } from "../output.ts";
import { gapToJson, isoOf, tellGap } from "./gaps.ts";
import { describeScan, scanToJson } from "./scans.ts";
import { stateFileOf } from "../settings/access.ts";
import { type ConfigFlags, loadConfiguration } from "../settings/load.ts";
import { ageOf } from "../ui/age.ts";
import { tellUnknownTypes, unknownTypeToJson } from "./unknown-types.ts";

/** Flags of `dirsync status`. */
export interface StatusFlags extends ConfigFlags {
  readonly json: boolean;
}

/** Shows where the stream and each sink stand. */
export async function status(flags: StatusFlags, context: Context): Promise<number> {
  const path = stateFileOf(await loadConfiguration(flags, context));
  const journal = await openJournal({ path, role: "visitor" });
  try {
    const [stream, scan] = [await journal.status(), await journal.scans.scanStatus()];
    // Null where the lock is another user's, or cannot be read for any other reason: the rest can still be told.
    const isRunning = await isStateFileHeld(path).catch(() => null);
    const output = createOutput(context, flags.json);
    const told = { ...toJson(stream, path), running: isRunning, scan: scan === null ? null : scanToJson(scan) };
    if (flags.json) output.json(told);
    else show(stream, { path, scan, isRunning, output });
    return exitCodes.done;
  } finally {
    await journal.close();
  }
}

function toJson(stream: StreamStatus, path: string): object {
  return {
    state: path,
    source: stream.source,
    cursor: stream.cursor,
    head_seq: stream.headSeq,
    epoch: stream.epoch,
    holder: stream.holder,
    holder_note:
      stream.holderNote === null ? null : { text: stream.holderNote.text, since: isoOf(stream.holderNote.sinceMs) },
    caught_up_at: isoOf(stream.caughtUpAtMs),
    verified_through: isoOf(stream.verifiedThroughAtMs),
    gaps: stream.gaps.map((gap) => gapToJson(gap)),
    source_dead_letters: stream.sourceDeadLetters,
    unknown_types: stream.unknownTypes.map((unknown) => unknownTypeToJson(unknown)),
    mirror_complete_since_seq: stream.mirrorCompleteSinceSeq,
    sinks: stream.sinks.map(({ name, lowSeq, pending, deadLetters, parked, delivered, ...oldest }) => ({
      name,
      low_seq: lowSeq,
      pending,
      oldest_pending_at: isoOf(oldest.oldestPendingAtMs),
      dead_letters: deadLetters,
      parked,
      delivered,
    })),
  };
}

interface Shown {
  readonly path: string;
  /** The newest one. */
  readonly scan: ScanStatus | null;
  readonly isRunning: boolean | null;
  readonly output: Output;
}

function show(stream: StreamStatus, { path, scan, isRunning, output }: Shown): void {
  const nowMs = systemRuntime.now();
  output.line(`${output.style("dim", "source    ")} ${stream.source ?? "none yet"}`);
  output.line(`${output.style("dim", "state     ")} ${path}`);
  output.line(`${output.style("dim", "cursor    ")} ${stream.cursor ?? "at the beginning"}`);
  output.line(`${output.style("dim", "journal   ")} ${stream.headSeq} events`);
  output.line(`${output.style("dim", "caught up ")} ${isoOf(stream.caughtUpAtMs) ?? "never"}`);
  output.line(`${output.style("dim", "mirror    ")} ${mirrorLine(stream)}`);
  output.line(`${output.style("dim", "running   ")} ${runningLine(stream, isRunning)}`);
  const { holderNote: note } = stream;
  if (note !== null) output.line(`${output.style("yellow", "note      ")} since ${isoOf(note.sinceMs)}: ${note.text}`);
  if (scan !== null) output.line(`${output.style(styleOf(scan), "scan      ")} ${describeScan(scan)}`);
  for (const gap of stream.gaps) output.line(`${output.style("red", "gap       ")} ${tellGap(gap)}`);
  if (stream.sourceDeadLetters > 0) {
    const detail = `${stream.sourceDeadLetters} listed by the service and no events; see: dirsync dead-letters list`;
    output.line(`${output.style("yellow", "refused   ")} ${detail}`);
  }
  const unknown = tellUnknownTypes(stream.unknownTypes);
  if (unknown !== null) output.line(`${output.style("yellow", "unknown   ")} ${unknown}`);
  output.line();
  output.table(stream.sinks, [
    { heading: "SINK", cell: (sink) => sink.name },
    { heading: "DELIVERED", cell: (sink) => sink.delivered, align: "right" },
    { heading: "PENDING", cell: (sink) => sink.pending, align: "right" },
    { heading: "OLDEST", cell: (sink) => ageOf(sink.oldestPendingAtMs, nowMs), align: "right" },
    { heading: "DEAD LETTERS", cell: (sink) => sink.deadLetters, align: "right" },
    { heading: "PARKED", cell: (sink) => sink.parked, align: "right" },
  ]);
}

function runningLine({ holder }: StreamStatus, isRunning: boolean | null): string {
  if (isRunning === true) return `yes, ${holder ?? "unnamed"}`;
  const last = holder === null ? "" : `; the last was ${holder}`;
  return `${isRunning === null ? "not known, for the lock beside the state file cannot be read" : "no"}${last}`;
}

function styleOf({ state }: ScanStatus): "dim" | "yellow" | "red" {
  if (state === "failed") return "red";
  return state === "braked" ? "yellow" : "dim";
}

function mirrorLine({ mirrorCompleteSinceSeq: since }: StreamStatus): string {
  return since === null ? "what the events tell; a scan has not completed it" : `complete since event ${since}`;
}
