import { Command } from "commander";
import type { DemoFlags } from "../actions/demo.ts";
import { examples, type Register } from "./command.ts";

/** `dirsync demo`. */
export const registerDemo: Register = (program, context, finish) => {
  const command = new Command("demo")
    .summary("see the whole way once, with made-up people and no account")
    .description(
      "Plays two companies whose people join, move and leave, and shows an app that follows, even though its consumer " +
        "is killed halfway. Everything runs on this machine and in a temporary folder.",
    )
    .option("--json", "one JSON summary instead of text", false)
    .addHelpText("after", examples(["watch it", "dirsync demo"], ["in a script", "dirsync demo --json"]))
    .action(async (flags: DemoFlags) => {
      const { demo } = await import("../actions/demo.ts");
      finish(await demo(flags, context));
    });
  program.addCommand(command);
};
