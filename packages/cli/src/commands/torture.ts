import { Command, InvalidArgumentError, Option } from "commander";
import type { TortureFlags } from "../actions/torture.ts";
import { duration } from "../settings/kinds.ts";
import { sinkSettings } from "../settings/sink-table.ts";
import { examples, type Register, SettingOption } from "./command.ts";

/** `dirsync torture`. */
export const registerTorture: Register = (program, context, finish) => {
  const command = new Command("torture")
    .summary("find out what your handlers do when everything fails that can")
    .description(
      "Delivers made-up joiners, movers and leavers to your handler module, in processes that are killed, cut off and made " +
        "to repeat as `dirsync tail` may have to, and shows the smallest sequence in which an effect is lost, repeated or " +
        "out of order. It needs no service and no key.",
    )
    .requiredOption("--handlers <file>", "the module, as for `dirsync tail`")
    .addOption(
      numberFlag("--seed <number>", "draws the events and what goes wrong; the same seed, the same run", 0).default(1),
    )
    .addOption(numberFlag("--runs <count>", "how many runs", 1).default(42))
    .addOption(numberFlag("--only <run>", "carry out one run, as a finding names it", 1))
    .addOption(durationFlag("--time <duration>", "begin no run after this").default(durationOf("5m"), "5m"))
    .addOption(
      durationFlag("--timeout <duration>", "a handler that takes longer hangs").default(durationOf("5s"), "5s"),
    )
    .addOption(laneFlag())
    .addOption(namesFlag())
    .option("--json", "one JSON value", false)
    .addHelpText("after", explanation)
    .action(async (flags: TortureFlags) => {
      const { torture } = await import("../actions/torture.ts");
      finish(await torture(flags, context));
    });
  program.addCommand(command);
};

const explanation = `
The module runs in processes of its own, in a temporary folder, with a small
environment in which DIRSYNC_TORTURE is 1. It should export, beside its
handlers, \`torture\` with two functions: reset() empties the app, snapshot()
gives its state as JSON. Never let it reset a database that matters.

Exit codes: 0 nothing found, 2 usage, 5 something found, 75 cut short, 78 the
module cannot be used.
${examples(
  ["before every release", "dirsync torture --handlers ./directory-handlers.ts"],
  ["with a test database", "dirsync torture --handlers ./directory-handlers.ts --env TEST_DATABASE_URL"],
  ["the run that found something, once more", "dirsync torture --handlers ./directory-handlers.ts --seed 7 --only 3"],
)}`;

function numberFlag(flags: string, purpose: string, min: number): Option {
  return new Option(flags, purpose).argParser((text: string) => {
    const value = Number(text);
    if (/^\d+$/.test(text) && value >= min && value <= 1_000_000_000) return value;
    throw new InvalidArgumentError(`It is a whole number from ${min} up to 1000000000.`);
  });
}

function durationFlag(flags: string, purpose: string): Option {
  return new Option(flags, purpose).argParser(durationOf);
}

function durationOf(text: string): number {
  const reading = duration({ minMs: 100, maxMs: 86_400_000 }).read(text);
  if ("value" in reading) return reading.value;
  throw new InvalidArgumentError(`It ${reading.mistake}.`);
}

function laneFlag(): Option {
  const { words: lanes = [] } = sinkSettings.lane.kind;
  const text = `what keeps events in order, as for \`dirsync tail\`: ${lanes.join(", ")}`;
  return new SettingOption("--lane <word>", text, lanes).default("directory").argParser((given: string) => {
    if (lanes.includes(given)) return given;
    throw new InvalidArgumentError(`It is one of ${lanes.join(", ")}.`);
  });
}

function namesFlag(): Option {
  return new Option("--env <name>", "a variable that the module gets, too (may be given several times)")
    .default([], "none")
    .argParser((name: string, before: readonly string[]) => [...before, name]);
}
