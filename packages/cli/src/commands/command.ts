import { type Command, Option } from "commander";
import type { Context } from "../context.ts";
import { flagOf, secretFileKeyOf, type SecretSetting, type Setting } from "../settings/setting.ts";
import { sinkSecretSettings, sinkSettings, targets } from "../settings/sink-table.ts";
import {
  secretSettings,
  serviceSettings,
  stateSettings,
  streamSettings,
  tailSecretSettings,
} from "../settings/table.ts";

/** Adds one command to the program. `finish` takes the exit code of its action. */
export type Register = (program: Command, context: Context, finish: (exitCode: number) => void) => void;

/** The flag of a setting. Commander would check its words and show them twice; we only let completions know them. */
export class SettingOption extends Option {
  readonly words: readonly string[];

  constructor(flags: string, description: string, words: readonly string[]) {
    super(flags, description);
    this.words = words;
  }
}

/** Examples as every help text shows them: what it does, then the command line. */
export function examples(...lines: readonly (readonly [purpose: string, commandLine: string])[]): string {
  return ["", "Examples:", ...lines.flatMap(([purpose, commandLine]) => [`  # ${purpose}`, `  $ ${commandLine}`])].join(
    "\n",
  );
}

/** Adds the flags of settings. Their values are checked later, together with variables and the config file. */
function settingFlags(command: Command, table: Readonly<Record<string, Setting<unknown>>>): Command {
  for (const [key, setting] of Object.entries(table)) command.addOption(optionOf(key, setting));
  return command;
}

/** Adds the flags that say which config file counts. */
function configFlags(command: Command): Command {
  return command
    .option("--config <file>", `config file (default: $DIRSYNC_CONFIG, else the nearest ${configFileName})`)
    .option("--no-config", "use no config file");
}

/** Adds the flags that say which service to talk to. */
export function serviceFlags(command: Command): Command {
  settingFlags(configFlags(command), serviceSettings);
  return secretFlags(command, secretSettings);
}

function secretFlags(command: Command, table: Readonly<Record<string, SecretSetting>>): Command {
  for (const [name, { purpose, variables }] of Object.entries(table)) {
    const elsewhere = variables.map((variable) => `$${variable}`).join(", else ");
    const text = `file that holds the ${purpose} (default: ${elsewhere})`;
    command.option(`${flagOf(secretFileKeyOf(name))} <file>`, text);
  }
  return command;
}

/** Adds the flags of commands that read the state file of a tail. */
export function stateFlags(command: Command): Command {
  return settingFlags(configFlags(command), stateSettings);
}

/** Adds the flags of commands that read either the service or the state file. */
export function serviceAndStateFlags(command: Command): Command {
  return settingFlags(serviceFlags(command), stateSettings);
}

/** Adds every flag of a setting that `dirsync tail` has. */
export function tailFlags(command: Command): Command {
  command.optionsGroup("Deliver to (each may be given several times; NAME=… names a sink):");
  settingFlags(command, targets);
  command.optionsGroup("How every sink is driven:");
  secretFlags(settingFlags(command, sinkSettings), sinkSecretSettings);
  command.optionsGroup("Read from, and keep:");
  settingFlags(serviceFlags(command), { ...stateSettings, ...streamSettings });
  return secretFlags(command, tailSecretSettings);
}

/** Adds the flags of `dirsync tail`, but for those that say which events a sink gets: everybody is to be had. */
export function backfillFlags(command: Command): Command {
  const { directory: _directory, events: _events, where: _where, ...driven } = sinkSettings;
  const { poll, from, drainTimeout, durability, skew } = streamSettings;
  command.optionsGroup("Deliver to (each may be given several times; NAME=… names a sink):");
  settingFlags(command, targets);
  command.optionsGroup("How every sink is driven:");
  secretFlags(settingFlags(command, driven), sinkSecretSettings);
  command.optionsGroup("Read from, and keep:");
  const read = { ...stateSettings, from, poll, skew, durability, drainTimeout };
  return settingFlags(serviceFlags(command), read);
}

/** How config files are called, for help texts. */
const configFileName = "dirsync.config.{ts,js,json,yaml}";

function optionOf(key: string, { kind, purpose, standard, standardText }: Setting<unknown>): Option {
  const shown = standardText ?? (standard === undefined || standard === false ? "" : kind.show(standard));
  const text = shown === "" ? purpose : `${purpose} (default: ${shown})`;
  const flag = kind.placeholder === null ? flagOf(key) : `${flagOf(key)} <${kind.placeholder}>`;
  const option = new SettingOption(flag, text, kind.words ?? []);
  if (kind.isRepeatable !== true) return option;
  return option.argParser((given: string, before: readonly string[] | undefined) => [...(before ?? []), given]);
}
