import type { PlanEntry, Reference, ScanStatus } from "@dirsync/consumer";
import type { Context } from "../context.ts";
import { exitCodes } from "../exit-codes.ts";
import type { Output } from "../output.ts";
import type { ConfigFlags } from "../settings/load.ts";
import { grouped } from "../ui/amount.ts";
import { wrongUsage } from "../wrong-usage.ts";
import { makeScan, type Told } from "./make-scan.ts";
import { scanToJson, scopeOf, tellScan } from "./scans.ts";

/** Flags of `dirsync reconcile`. */
export interface ReconcileFlags extends ConfigFlags {
  readonly plan: boolean;
  readonly apply: boolean;
  readonly directory?: readonly string[];
  readonly organization?: string;
  readonly exitCode: boolean;
  readonly json: boolean;
}

/** Compares what the service lists with what the log has told, and says or delivers the difference. */
export async function reconcile(
  { plan, apply, directory, organization, exitCode, ...flags }: ReconcileFlags,
  context: Context,
): Promise<number> {
  if (plan && apply) throw wrongUsage("--plan and --apply exclude each other.");
  if (exitCode && apply) throw wrongUsage("--exit-code is for --plan.");
  const scope = scopeOf({ directory, organization });
  const request = { cause: "reconcile", scope, isDryRun: !apply } as const;
  let differences = 0;
  const tell = async (status: ScanStatus, told: Told): Promise<void> => {
    differences = differencesOf(status);
    if (apply) tellApplied(status, told.output);
    else await tellPlan(status, told);
  };
  const code = await makeScan({ flags, request, tell }, context);
  return code === exitCodes.done && exitCode && differences > 0 ? exitCodes.findings : code;
}

/** Read at once from the state file. */
const entriesAtOnce = 500;

async function tellPlan(status: ScanStatus, { journal, output }: Told): Promise<void> {
  let shown = 0;
  for (let after = 0; ;) {
    const entries = await journal.scans.scanPlan(status.id, after, entriesAtOnce);
    for (const entry of entries) {
      after = entry.number;
      if (output.isJson) output.json(entryToJson(entry));
      else output.line(lineOf(entry, output));
    }
    shown += entries.length;
    if (entries.length < entriesAtOnce) break;
  }
  if (output.isJson) {
    output.json({ kind: "scan", ...scanToJson(status) });
    return;
  }
  const { created, updated, deleted } = sums(status);
  const left = differencesOf(status) - shown;
  if (left > 0) output.line(`  … and ${grouped(left)} more`);
  if (shown > 0) output.line();
  const what = `${grouped(created)} to create, ${grouped(updated)} to change, ${grouped(deleted)} to delete`;
  output.line(status.state === "complete" ? `Plan: ${what}.` : `Not complete (${status.state}). So far: ${what}.`);
  if (status.problem !== null) output.line(status.problem);
}

function tellApplied(status: ScanStatus, output: Output): void {
  if (output.isJson) output.json(scanToJson(status));
  else tellScan(status, output);
}

function sums({ tallies }: ScanStatus): {
  readonly created: number;
  readonly updated: number;
  readonly deleted: number;
} {
  const all = Object.values(tallies);
  const sum = (of: "created" | "updated" | "deleted"): number => all.reduce((total, tally) => total + tally[of], 0);
  return { created: sum("created"), updated: sum("updated"), deleted: sum("deleted") };
}

function differencesOf(status: ScanStatus): number {
  const { created, updated, deleted } = sums(status);
  return created + updated + deleted;
}

const signs = { create: ["green", "+"], update: ["yellow", "~"], delete: ["red", "-"] } as const;

/** Ids and names of fields. What the fields hold is nobody's business who only wants to know what will happen. */
function lineOf({ action, reference, fields }: PlanEntry, output: Output): string {
  const [colour, sign] = signs[action];
  const named = fields.length === 0 ? "" : `: ${fields.join(", ")}`;
  return `  ${output.style(colour, sign)} ${describe(reference)}${named}`;
}

function describe(reference: Reference): string {
  switch (reference.kind) {
    case "directory":
      return `directory ${reference.id}`;
    case "group":
    case "user":
      return `${reference.kind} ${reference.id} of ${reference.directoryId}`;
    case "membership":
      return `membership of ${reference.userId} in ${reference.groupId} of ${reference.directoryId}`;
    default:
      return reference satisfies never;
  }
}

function entryToJson({ action, reference, fields }: PlanEntry): Readonly<Record<string, unknown>> {
  return { action, ...referenceToJson(reference), ...(action === "update" ? { fields } : {}) };
}

function referenceToJson(reference: Reference): Readonly<Record<string, unknown>> {
  const { kind } = reference;
  if (kind === "directory") return { kind, id: reference.id };
  const directory = { kind, directory_id: reference.directoryId };
  if (kind === "membership") return { ...directory, group_id: reference.groupId, user_id: reference.userId };
  return { ...directory, id: reference.id };
}
