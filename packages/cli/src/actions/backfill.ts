import type { Context } from "../context.ts";
import type { ConfigFlags } from "../settings/load.ts";
import { makeScan } from "./make-scan.ts";
import { scanToJson, scopeOf, tellScan } from "./scans.ts";

/** Flags of `dirsync backfill`. */
export interface BackfillFlags extends ConfigFlags {
  readonly directory?: readonly string[];
  readonly organization?: string;
  readonly dryRun: boolean;
  readonly json: boolean;
}

/** Has everything read that the service lists, and what the log never said delivered. */
export async function backfill(
  { directory, organization, dryRun, ...flags }: BackfillFlags,
  context: Context,
): Promise<number> {
  const request = { cause: "backfill", scope: scopeOf({ directory, organization }), isDryRun: dryRun } as const;
  const tell = async (...[status, { output }]: Parameters<Parameters<typeof makeScan>[0]["tell"]>): Promise<void> => {
    if (output.isJson) output.json(scanToJson(status));
    else tellScan(status, output);
  };
  return await makeScan({ flags, request, tell }, context);
}
