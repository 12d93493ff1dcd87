import { type Brake, type Journal, openJournal } from "@dirsync/consumer";
import { StateError, systemRuntime } from "@dirsync/sdk";
import type { Context } from "../context.ts";
import { exitCodes } from "../exit-codes.ts";
import { createOutput, type Output } from "../output.ts";
import { stateFileOf } from "../settings/access.ts";
import { type ConfigFlags, loadConfiguration } from "../settings/load.ts";
import { wrongUsage } from "../wrong-usage.ts";
import { decideHeld, describeHeld, type Held, heldIn } from "./held.ts";
import { describeBrake } from "./scans.ts";

/** Flags of `dirsync approve`. */
export interface ApproveFlags extends ConfigFlags {
  readonly directory?: string;
  readonly all: boolean;
  readonly discard: boolean;
  readonly json: boolean;
}

/** Says which deletions wait for a person, or lets them go on, or gives them up. */
export async function approve(flags: ApproveFlags, context: Context): Promise<number> {
  const { directory, all, discard } = flags;
  if ([directory !== undefined, all, discard].filter(Boolean).length > 1) {
    throw wrongUsage("--directory, --all and --discard exclude each other.");
  }
  const path = stateFileOf(await loadConfiguration(flags, context));
  const journal = await openJournal({ path, role: "visitor" });
  const output = createOutput(context, flags.json);
  try {
    const waiting = await waitingIn(journal);
    if (directory === undefined && !all && !discard) list(waiting, output);
    else await decide(waiting, { flags, journal, output });
    return exitCodes.done;
  } finally {
    await journal.close();
  }
}

/** What waits: deletions of a scan, with the scan, and what a tail's guard holds. */
interface Waiting {
  readonly scanId: string | null;
  readonly brakes: readonly Brake[];
  readonly held: readonly Held[];
}

async function waitingIn(journal: Journal): Promise<Waiting> {
  const [scan, held] = [await journal.scans.scanStatus(), await heldIn(journal)];
  if (scan?.state !== "braked") return { scanId: null, brakes: [], held };
  return { scanId: scan.id, brakes: scan.brakes.filter(({ isApproved }) => !isApproved), held };
}

function list({ scanId, brakes, held }: Waiting, output: Output): void {
  if (output.isJson) {
    output.json({ scan: scanId, deletions: brakes.map(brakeToJson), held: held.map(heldToJson) });
    return;
  }
  if (brakes.length === 0 && held.length === 0) output.line("No deletions wait.");
  for (const brake of brakes) output.line(`Deletions wait: ${describeBrake(brake)}.`);
  for (const each of held) output.line(`Held by the guard: ${describeHeld(each)}.`);
}

function brakeToJson({ directoryId, kind, count, total }: Brake): object {
  return { directory: directoryId, kind, count, total };
}

function heldToJson({ directoryId, sink, letters }: Held): object {
  return { directory: directoryId, sink, events: letters.length };
}

interface Decision {
  readonly flags: ApproveFlags;
  readonly journal: Journal;
  readonly output: Output;
}

async function decide(waiting: Waiting, { flags, journal, output }: Decision): Promise<void> {
  const { directory, discard } = flags;
  const isConcerned = ({ directoryId }: { readonly directoryId: string }): boolean =>
    directory === undefined || directoryId === directory;
  const [brakes, held] = [waiting.brakes.filter(isConcerned), waiting.held.filter(isConcerned)];
  if (brakes.length === 0 && held.length === 0) {
    const where = directory === undefined ? "" : ` of ${directory}`;
    throw new StateError(`No deletions${where} wait. \`dirsync approve\` shows what does.`, { code: "missing" });
  }
  if (waiting.scanId !== null && brakes.length > 0) {
    if (discard) await journal.scans.discardScan(waiting.scanId, systemRuntime.now());
    else await journal.scans.approveScan(waiting.scanId, directory ?? null);
  }
  let overtaken = 0;
  for (const each of held) overtaken += (await decideHeld(journal, each, discard)).overtaken;
  const verb = discard ? "Given up" : "Approved";
  if (output.isJson) {
    const key = discard ? "discarded" : "approved";
    output.json({
      scan: waiting.scanId,
      [key]: { deletions: brakes.map(brakeToJson), held: held.map(heldToJson) },
      overtaken,
    });
    return;
  }
  for (const brake of brakes) output.line(`${verb}: ${describeBrake(brake)}.`);
  for (const each of held) output.line(`${verb}: ${describeHeld(each)}.`);
  if (overtaken > 0)
    output.line(`Left, because a later event says otherwise: ${overtaken}; see: dirsync dead-letters list`);
  if (!discard) output.line("A running tail goes on at once; without one, the next one does.");
}
