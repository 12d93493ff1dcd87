import { Command } from "commander";
import type { DoctorFlags } from "../actions/doctor.ts";
import { examples, type Register, tailFlags } from "./command.ts";

/** `dirsync doctor`. */
export const registerDoctor: Register = (program, context, finish) => {
  const command = new Command("doctor")
    .summary("check everything that `dirsync tail` needs, and say what to mend")
    .description(
      "Checks the configuration, handlers and hooks, the state file and what it is on, and the service: key, clock, order of " +
        "the log. Nothing is changed, and a tail may run meanwhile. Give it the flags that `dirsync tail` gets.",
    );
  tailFlags(command)
    .optionsGroup("Options:")
    .option("--deep", "also compare the mirror with what the events in the state file come to", false)
    .option("--json", "one JSON value", false)
    .addHelpText(
      "after",
      `
Ends with 0 when nothing stands in the way (warnings do not), else with the code
that \`dirsync tail\` would end with: 69 service unavailable, 74 state file
unusable, 77 key refused, 78 configuration; with 70 when the mirror is not what
the events come to.
${examples(
  ["with the config file and variables of this folder", "dirsync doctor"],
  ["before a deployment", "dirsync doctor --config ./dirsync.config.yaml"],
  ["is the mirror what the events say?", "dirsync doctor --deep"],
  ["what is wrong, for a script", "dirsync doctor --json | jq '.checks[] | select(.verdict == \"failed\")'"],
)}`,
    )
    .action(async (flags: DoctorFlags) => {
      const { doctor } = await import("../actions/doctor.ts");
      finish(await doctor(flags, context));
    });
  program.addCommand(command);
};
