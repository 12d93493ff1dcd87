import type { Context } from "../context.ts";
import type { ConfigFlags } from "../settings/load.ts";
import { flagOf } from "../settings/setting.ts";
import { wrongUsage } from "../wrong-usage.ts";
import { exportAll } from "./export.ts";
import type { GetFlags } from "./listing.ts";
import { makeScan } from "./make-scan.ts";
import { scanToJson, scopeOf, tellScan } from "./scans.ts";

/** Flags of `dirsync backfill`. */
export interface BackfillFlags extends ConfigFlags {
  readonly directory?: readonly string[];
  readonly organization?: string;
  readonly dryRun: boolean;
  readonly json: boolean;
  readonly to?: string;
  readonly out?: string;
  readonly only?: string;
}

/** Has everything read that the service lists, and what the log never said delivered; with `--to`, written to a file. */
export async function backfill(given: BackfillFlags, context: Context): Promise<number> {
  const { directory, organization, dryRun, to, out, only, ...flags } = given;
  if (to !== undefined) {
    refuseWithFile(given);
    return await exportAll({ ...(given as GetFlags), to, dryRun, insecureFormulas: false }, context);
  }
  if (out !== undefined || only !== undefined) {
    throw wrongUsage("--out and --only are for files: say which with --to ndjson, csv or sqlite.");
  }
  const request = { cause: "backfill", scope: scopeOf({ directory, organization }), isDryRun: dryRun } as const;
  const tell = async (...[status, { output }]: Parameters<Parameters<typeof makeScan>[0]["tell"]>): Promise<void> => {
    if (output.isJson) output.json(scanToJson(status));
    else tellScan(status, output);
  };
  return await makeScan({ flags, request, tell }, context);
}

/** What a file needs to be written, by the names of the flags. */
const withFile: ReadonlySet<string> = new Set(
  "to out only directory organization dryRun json config baseUrl apiKeyFile insecureSecretFiles".split(" "),
);

/** Whoever names a sink expects it to get something. @throws DirsyncError `wrong_usage` */
function refuseWithFile(given: object): void {
  const other = Object.keys(given).find((key) => !withFile.has(key));
  if (other === undefined) return;
  throw wrongUsage(`--to writes a file and delivers no events, so ${flagOf(other)} would do nothing. Leave one out.`);
}
