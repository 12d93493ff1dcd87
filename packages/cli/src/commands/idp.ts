import { Argument, Command, InvalidArgumentError, Option } from "commander";
import type { ProviderName, ScenarioName } from "@dirsync/idp";
import type { IdpFlags } from "../actions/idp.ts";
import { duration, webAddress } from "../settings/kinds.ts";
import { examples, type Register, SettingOption } from "./command.ts";

/** What `dirsync idp` can play. Named here because help must not load the providers. */
export const idpProviders: readonly ProviderName[] = [
  ...(["okta", "okta-custom-app", "entra", "entra-compliant", "onelogin", "jumpcloud", "pingfederate"] as const),
  ...(["pingone", "rippling", "cyberark", "sailpoint", "google", "generic"] as const),
];

/** The scenarios, in the order in which all of them are played. */
export const idpScenarios: readonly ScenarioName[] = [
  ...(["connect", "joiner", "mover", "leaver", "rehire", "erasure", "rename", "reorg", "group-push"] as const),
  ...(["unassign-all", "initial-import", "parallel-members", "retry", "race"] as const),
];

/** `dirsync idp`. */
export const registerIdp: Register = (program, context, finish) => {
  const command = new Command("idp")
    .summary("play an identity provider against a SCIM server, and see what it gets wrong")
    .description(
      "Sends what the provider really sends when somebody joins, moves or leaves, to any SCIM 2.0 server, and looks after " +
        "each act whether the server did what was asked. People and groups are made up and deleted at the end.",
    )
    .addArgument(new Argument("<provider>", "who is played").choices(idpProviders))
    .addOption(targetFlag())
    .option("--token-file <file>", "file that holds the directory's bearer token (default: $DIRSYNC_SCIM_TOKEN)")
    .addOption(scenarioFlag())
    .addOption(countFlag("--seed <number>", "draws the people; the same seed, the same requests", 0).default(0))
    .option("--keep", "leave what was made on the server", false)
    .addOption(timeoutFlag())
    .option("--json", "one JSON value", false)
    .optionsGroup("Load, instead of a scenario:")
    .addOption(countFlag("--users <count>", "assign this many people, and measure", 1))
    .addOption(countFlag("--rate <count>", "people a second (default: as fast as the server answers)", 1))
    .addOption(countFlag("--concurrency <count>", "people at the same time (default: 4)", 1))
    .addHelpText("after", explanation)
    .action(async (provider: ProviderName, flags: IdpFlags) => {
      const { idp } = await import("../actions/idp.ts");
      finish(await idp(provider, flags, context));
    });
  program.addCommand(command);
};

const explanation = `
A check that fails says what was sent, what was expected and what was found.
Entra ID with its compliance flag is entra-compliant. Never point it at a
directory that real people depend on: deleting is part of what is tried.

Exit codes: 0 every check passed, 2 usage, 5 a check failed, 69 the server does
not answer, 75 cut short, 77 the token is refused, 78 the address or token
cannot be used.
${examples(
  ["everything Entra ID does", "dirsync idp entra --target https://scim.example.com/v2 --token-file ./token"],
  [
    "one scenario, for a script",
    "dirsync idp okta --scenario leaver --target http://127.0.0.1:8080/scim --token-file ./token --json",
  ],
  [
    "a thousand people, fifty a second",
    "dirsync idp okta --users 1000 --rate 50 --target http://127.0.0.1:8080/scim --token-file ./token",
  ],
)}`;

function targetFlag(): Option {
  return new Option("--target <url>", "the server's SCIM address, without /Users")
    .makeOptionMandatory()
    .argParser((given: string) => {
      const reading = webAddress.read(given);
      if ("value" in reading) return reading.value;
      throw new InvalidArgumentError(`It ${reading.mistake}.`);
    });
}

function scenarioFlag(): Option {
  const words = ["all", ...idpScenarios];
  return new SettingOption("--scenario <name>", `${words.join(", ")} (default: all)`, words).argParser(
    (given: string) => {
      if (words.includes(given)) return given;
      throw new InvalidArgumentError(`It is one of ${words.join(", ")}.`);
    },
  );
}

function countFlag(flags: string, purpose: string, min: number): Option {
  return new Option(flags, purpose).argParser((text: string) => {
    const value = Number(text);
    if (/^\d+$/.test(text) && value >= min && value <= countMax) return value;
    throw new InvalidArgumentError(`It is a whole number from ${String(min)} up to ${String(countMax)}.`);
  });
}

/** More people than any company has; each is kept in memory. */
const countMax = 1_000_000;

function timeoutFlag(): Option {
  return new Option(
    "--timeout <duration>",
    "how long an answer may take (default: as long as the provider waits)",
  ).argParser((text: string) => {
    const reading = duration({ minMs: 100, maxMs: 600_000 }).read(text);
    if ("value" in reading) return reading.value;
    throw new InvalidArgumentError(`It ${reading.mistake}.`);
  });
}
