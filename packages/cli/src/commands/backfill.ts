import { Command } from "commander";
import type { BackfillFlags } from "../actions/backfill.ts";
import { backfillFlags, examples, type Register } from "./command.ts";
import { together } from "./people-flags.ts";

/** `dirsync backfill`. */
export const registerBackfill: Register = (program, context, finish) => {
  const command = new Command("backfill")
    .summary("bring in everything there is, and not only what changes from now on")
    .description(
      "Reads everything the service lists while the log is read on, and delivers what the log never said as events, in " +
        "order with all others and to the same sinks. Handlers see `context.synthetic`, commands DIRSYNC_EVENT_SYNTHETIC. " +
        "It may be stopped or killed and started again at any time, and goes on where it was.",
    );
  backfillFlags(command)
    .optionsGroup("This run:")
    .option("--directory <id>", "only this directory; may be given several times", together)
    .option("--organization <id>", "only the directories of this organization")
    .option("--dry-run", "only find out what it would do", false)
    .option("--json", "log as JSON lines, and end with a JSON summary", false)
    .optionsGroup("Files instead of events (the same as dirsync export, which has more choices):")
    .option("--to <form>", "write a file and deliver nothing: ndjson, csv or sqlite")
    .option("--out <file>", "with --to: file to write, for csv a folder (default: standard output)")
    .option("--only <kinds>", "with --to: some of directories, users, groups and memberships, separated by commas")
    .addHelpText(
      "after",
      `
Beside a running tail it asks that one to do it, and shows how far it is;
without one it reads and delivers by itself. Deletions that are more than 50 and
more than a tenth of a directory, and those of all its users, wait until a
person decides. With --to it needs no state file and no sink, asks no tail, and
begins anew when it was cut short: a file takes its place when it is complete,
and not before.

Exit codes: 0 done, 3 a sink halted, 4 deletions wait for a decision, 69 service
unavailable, 75 cut short (start it again), 77 key refused, 78 configuration.
${examples(
  ["the first day: everybody there is, to your handlers", "dirsync backfill --handlers ./directory-handlers.ts"],
  ["without any sink: a database of who is who", "dirsync backfill --state ./people.db"],
  ["one customer again, beside a running tail", "dirsync backfill --directory directory_01J…"],
  ["what would it change", "dirsync backfill --dry-run"],
  ["a database for scripts, and nothing delivered", "dirsync backfill --to sqlite --out people.db"],
)}`,
    )
    .action(async (flags: BackfillFlags) => {
      const { backfill } = await import("../actions/backfill.ts");
      finish(await backfill(flags, context));
    });
  program.addCommand(command);
};
