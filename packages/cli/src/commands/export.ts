import { Command } from "commander";
import type { ExportFlags } from "../actions/export.ts";
import { examples, type Register, serviceFlags } from "./command.ts";
import { together } from "./people-flags.ts";

/** `dirsync export`. */
export const registerExport: Register = (program, context, finish) => {
  const command = serviceFlags(new Command("export"))
    .summary("write everybody into a file, from the service")
    .description(
      "Reads directories, users, groups and memberships from the service and writes them as NDJSON, CSV or a SQLite " +
        "database. Needs no state file and changes none.",
    )
    .option("--to <form>", "ndjson, csv or sqlite", "ndjson")
    .option("--out <file>", "file to write, for csv a folder (default: standard output)")
    .optionsGroup("What:")
    .option("--directory <id>", "only of this directory; may be given several times", together)
    .option("--organization <id>", "only of this organization")
    .option("--only <kinds>", "some of directories, users, groups and memberships, separated by commas (default: all)")
    .optionsGroup("How:")
    .option("--attributes <names>", "custom attributes that get a column each in users.csv")
    .option("--insecure-formulas", "leave text in CSV as it is that a spreadsheet would run as a formula", false)
    .option("--dry-run", "only say how many requests that is, and how long it takes", false)
    .option("--json", "JSON instead of text", false)
    .addHelpText(
      "after",
      `
A file takes its place when it is complete, and only its owner may read it; an
export that is cut short leaves nothing and begins anew. Users, groups and
members are read one page after the other, so the result is no snapshot of one
instant. Memberships take a request for each group: leave them out with --only
when you do not need them. "dirsync backfill --to sqlite" does the same; without
--to, it delivers events.
${examples(
  ["everybody, for a script", "dirsync export | jq -r 'select(.object == \"directory_user\") | .email'"],
  ["tables for a spreadsheet", "dirsync export --to csv --out people --attributes department_name,job_title"],
  ["a database to query", "dirsync export --to sqlite --out people.db --organization org_01J…"],
  ["how long would that take", "dirsync export --dry-run"],
)}`,
    )
    .action(async (flags: ExportFlags) => {
      const { exportAll } = await import("../actions/export.ts");
      finish(await exportAll(flags, context));
    });
  program.addCommand(command);
};
