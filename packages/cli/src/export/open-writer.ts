import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { csvWriter } from "./csv.ts";
import type { Kind } from "./kinds.ts";
import { ndjsonWriter } from "./ndjson.ts";
import { type Destination, outputFile, unwritable } from "./output-file.ts";
import type { ExportPlan } from "./plan.ts";
import { sqliteWriter } from "./sqlite.ts";
import type { Writer } from "./writer.ts";

/**
 * Opens what an export is written to: `standard`, or a file; for CSV a folder, which is made when it is not there.
 * @throws ConfigError when it cannot be made.
 */
export async function openWriter(plan: ExportPlan, standard: Pick<Destination, "write">): Promise<Writer> {
  const { out } = plan;
  const piped: Destination = { write: standard.write, finish: nothing, abandon: nothing };
  switch (plan.to) {
    case "ndjson":
      return ndjsonWriter(out === null ? piped : await outputFile(out));
    case "csv":
      return csvWriter(await tables(plan, piped), plan.csv);
    case "sqlite":
      return sqliteWriter(out ?? "", [...plan.kinds]);
    default:
      return plan.to satisfies never;
  }
}

/** Paths of the files that an export makes. */
export function pathsOf({ to, out, kinds }: ExportPlan): readonly string[] {
  if (out === null) return [];
  return to === "csv" ? [...kinds].map((kind) => tablePath(out, kind)) : [out];
}

async function tables({ out, kinds }: ExportPlan, piped: Destination): Promise<ReadonlyMap<Kind, Destination>> {
  if (out === null) return new Map([...kinds].map((kind) => [kind, piped]));
  await mkdir(out, { recursive: true, mode: 0o700 }).catch((error: unknown) => {
    throw unwritable(out, error);
  });
  const opened = new Map<Kind, Destination>();
  try {
    for (const kind of kinds) opened.set(kind, await outputFile(tablePath(out, kind)));
    return opened;
  } catch (error) {
    for (const destination of opened.values()) await destination.abandon();
    throw error;
  }
}

function tablePath(folder: string, kind: Kind): string {
  return join(folder, `${kind}.csv`);
}

function nothing(): Promise<void> {
  return Promise.resolve();
}
