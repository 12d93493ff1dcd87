import { type Brake, type Journal, openJournal } from "@dirsync/consumer";
import { StateError, systemRuntime } from "@dirsync/sdk";
import type { Context } from "../context.ts";
import { exitCodes } from "../exit-codes.ts";
import { createOutput, type Output } from "../output.ts";
import { stateFileOf } from "../settings/access.ts";
import { type ConfigFlags, loadConfiguration } from "../settings/load.ts";
import { wrongUsage } from "../wrong-usage.ts";
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

/** Deletions that wait, and the scan that found them; null without one. */
interface Waiting {
  readonly scanId: string | null;
  readonly brakes: readonly Brake[];
}

async function waitingIn({ scans }: Journal): Promise<Waiting> {
  const scan = await scans.scanStatus();
  if (scan?.state !== "braked") return { scanId: null, brakes: [] };
  return { scanId: scan.id, brakes: scan.brakes.filter(({ isApproved }) => !isApproved) };
}

function list({ scanId, brakes }: Waiting, output: Output): void {
  if (output.isJson) {
    const deletions = brakes.map(({ directoryId, ...brake }) => ({ directory: directoryId, ...toJson(brake) }));
    output.json({ scan: scanId, deletions });
    return;
  }
  if (brakes.length === 0) output.line("No deletions wait.");
  for (const brake of brakes) output.line(`Deletions wait: ${describeBrake(brake)}.`);
}

function toJson({ kind, count, total }: Omit<Brake, "directoryId">): Readonly<Record<string, unknown>> {
  return { kind, count, total };
}

interface Decision {
  readonly flags: ApproveFlags;
  readonly journal: Journal;
  readonly output: Output;
}

async function decide({ scanId, brakes }: Waiting, { flags, journal, output }: Decision): Promise<void> {
  const { directory, discard } = flags;
  const concerned = brakes.filter(({ directoryId }) => directory === undefined || directoryId === directory);
  if (scanId === null || concerned.length === 0) {
    const where = directory === undefined ? "" : ` of ${directory}`;
    throw new StateError(`No deletions${where} wait. \`dirsync approve\` shows what does.`, { code: "missing" });
  }
  if (discard) await journal.scans.discardScan(scanId, systemRuntime.now());
  else await journal.scans.approveScan(scanId, directory ?? null);
  const done = discard ? "discarded" : "approved";
  if (output.isJson) {
    output.json({ scan: scanId, [done]: concerned.map(({ directoryId }) => directoryId) });
    return;
  }
  for (const brake of concerned) output.line(`${discard ? "Given up" : "Approved"}: ${describeBrake(brake)}.`);
  if (!discard) output.line("A running tail goes on at once; without one: dirsync reconcile --apply");
}
