import { Command } from "commander";
import type { ReconcileFlags } from "../actions/reconcile.ts";
import { backfillFlags, examples, type Register } from "./command.ts";
import { together } from "./people-flags.ts";

/** `dirsync reconcile`. */
export const registerReconcile: Register = (program, context, finish) => {
  const command = new Command("reconcile")
    .summary("find what the log never told, and deliver it")
    .description(
      "Compares what the service lists with what its log has told. --plan, which is the default, shows the difference and " +
        "delivers nothing; --apply delivers it as events, in order with all others and to the same sinks. What is not " +
        "listed is deleted only after the service was asked for it by its id and does not know it.",
    );
  backfillFlags(command)
    .optionsGroup("This run:")
    .option("--plan", "show what would be delivered: + create, ~ update with its fields, - delete", false)
    .option("--apply", "deliver it", false)
    .option("--directory <id>", "only this directory; may be given several times", together)
    .option("--organization <id>", "only the directories of this organization")
    .option("--exit-code", "with --plan: exit with 5 when there is a difference", false)
    .option("--json", "JSON lines: each difference, then the scan", false)
    .addHelpText(
      "after",
      `
Beside a running tail it asks that one to do it; without one it reads and, with
--apply, delivers by itself. Deletions that are more than 50 and more than a
tenth of a directory, and those of all its users, wait for: dirsync approve

Exit codes: 0 done, 3 a sink halted, 4 deletions wait for a decision, 5 see
above, 69 service unavailable, 75 cut short, 77 key refused, 78 configuration.
${examples(
  ["is anything different", "dirsync reconcile --plan"],
  ["put it right", "dirsync reconcile --apply --handlers ./directory-handlers.ts"],
  ["every night, and an alarm when the log has missed something", "dirsync reconcile --plan --exit-code --json"],
)}`,
    )
    .action(async (flags: ReconcileFlags) => {
      const { reconcile } = await import("../actions/reconcile.ts");
      finish(await reconcile(flags, context));
    });
  program.addCommand(command);
};
