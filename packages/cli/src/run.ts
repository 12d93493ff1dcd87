import { Command, CommanderError, Help } from "commander";
import { examples, type Register } from "./commands/command.ts";
import { commandsFor } from "./commands/index.ts";
import type { Context, Environment, Streams } from "./context.ts";
import { Secrets } from "./secrets.ts";
import { catchStrays, guardDiagnostics } from "./stray.ts";
import { summaryOf } from "./summary.ts";
import { refuseSwallowedFlag } from "./swallowed-flag.ts";
import { usageError, usageErrorLine, usageExitCode } from "./usage-error.ts";
import { version } from "./version.ts";

/** A command line, and the commands that it may name. */
export interface CommandLine {
  readonly argv: readonly string[];
  readonly commands: readonly Register[];
}

/** Runs one command line, whichever it is, and resolves to its exit code. */
export function run(argv: readonly string[], environment: Environment, streams: Streams): Promise<number> {
  return runOneOf({ argv, commands: commandsFor(argv) }, environment, streams);
}

/**
 * Runs one command line and resolves to its exit code. The one place that catches: everything below throws, and here
 * it becomes a sentence on standard error and a code.
 */
export async function runOneOf(
  { argv, commands }: CommandLine,
  environment: Environment,
  streams: Streams,
): Promise<number> {
  const context: Context = { environment, streams, secrets: new Secrets() };
  const isJson = argv.includes("--json");
  const undo = [guardDiagnostics(streams, context.secrets), catchStrays(context, { isJson })];
  let exitCode = 0;
  const program = createProgram(context, { isJson });
  for (const register of commands) {
    register(program, context, (code) => {
      exitCode = code;
    });
  }
  inherit(program, { isJson });
  try {
    await program.parseAsync(withHelpLast(argv, program), { from: "user" });
    return exitCode;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : usageExitCode;
    const { explain } = await import("./explain.ts");
    return explain(error, { context, isJson });
  } finally {
    for (const release of undo) release();
  }
}

function createProgram({ streams }: Context, { isJson }: { readonly isJson: boolean }): Command {
  return new Command("dirsync")
    .description("Directory sync for your app: joiners get an account, movers a new role, leavers lose access at once.")
    .version(version)
    .hook("preAction", (_program, command) => refuseSwallowedFlag(command))
    .showSuggestionAfterError()
    .showHelpAfterError(isJson ? false : "(dirsync help <command> shows examples)")
    .addHelpText(
      "after",
      examples(
        ["see it work, with made-up people", "dirsync demo"],
        ["run a service to develop against", "dirsync serve"],
        ["follow it, or WorkOS, with functions of your app", "dirsync tail --handlers ./directory-handlers.ts"],
      ),
    )
    .configureHelp({
      // Commander's 40 leaves descriptions unbroken beside long names of commands.
      minWidthToWrap: 20,
      subcommandDescription: summaryOf,
      // That a switch is off unless it is given goes without saying.
      optionDescription: (option) =>
        option.defaultValue === false ? option.description : Help.prototype.optionDescription(option),
    })
    .configureOutput({
      writeOut: (text) => void streams.stdout.write(text),
      writeErr: (text) => void streams.stderr.write(text),
      outputError: (text, write) => write(isJson ? usageErrorLine(text) : usageError(text)),
      getOutHasColors: () => streams.stdout.isTTY === true,
      getErrHasColors: () => streams.stderr.isTTY === true,
    })
    .exitOverride();
}

/**
 * `help webhooks create` is `webhooks create --help`, where Commander shows all of `webhooks`. And `help tial` is a mistake like
 * `tial`, where it shows everything there is and does not say why.
 */
function withHelpLast(argv: readonly string[], program: Command): string[] {
  const [first, ...path] = argv;
  // As other programs call it.
  if (path.length === 0 && (first === "-v" || first === "version")) return ["--version"];
  if (first !== "help") return [...argv];
  if (path[0] === "help") return ["--help"];
  let command = program;
  for (const name of path) {
    if (command.commands.length === 0) break;
    const next = command.commands.find((each) => each.name() === name);
    if (next === undefined) return path;
    command = next;
  }
  return [...path, "--help"];
}

/** Commander gives settings only to subcommands made with `.command()`, so ours are handed down here. */
function inherit(command: Command, { isJson, path = "" }: { readonly isJson: boolean; readonly path?: string }): void {
  for (const child of command.commands) {
    const name = `${path}${child.name()}`;
    child.copyInheritedSettings(command);
    // One of its own: that of the program stands below a heading that only the program has.
    if (child.commands.length > 0) child.helpCommand("help [command]", "display help for command");
    if (!isJson) child.showHelpAfterError(`(dirsync help ${name} shows examples)`);
    inherit(child, { isJson, path: `${name} ` });
  }
}
