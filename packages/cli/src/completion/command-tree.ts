import type { Command, Option } from "commander";
import { SettingOption } from "../commands/command.ts";
import { summaryOf } from "../summary.ts";

/** A command as a shell has to know it. */
export interface CommandNode {
  /** Words that lead to it, without the program's own name; none for the program itself. */
  readonly path: readonly string[];
  readonly summary: string;
  readonly options: readonly OptionNode[];
  readonly commands: readonly CommandNode[];
  /** The words its argument takes, where it takes only these. */
  readonly words: readonly string[];
}

/** An option as a shell has to know it. */
export interface OptionNode {
  /** With dashes: `--json`, `-h`. */
  readonly names: readonly string[];
  readonly summary: string;
  readonly takes: "nothing" | "file" | "text";
  /** The words it takes, where it takes only these. */
  readonly words: readonly string[];
}

/** The program with everything below it. */
export function commandTree(program: Command): CommandNode {
  return nodeOf(program, []);
}

/** The node and all below it. */
export function flatten(node: CommandNode): readonly CommandNode[] {
  return [node, ...node.commands.flatMap(flatten)];
}

function nodeOf(command: Command, path: readonly string[]): CommandNode {
  const help: OptionNode = {
    names: ["-h", "--help"],
    summary: "display help for command",
    takes: "nothing",
    words: [],
  };
  return {
    path,
    summary: summaryOf(command),
    options: [...command.options.map(optionOf), help],
    words: command.registeredArguments.flatMap(({ argChoices }) => argChoices ?? []),
    commands: command.commands.map((child) => nodeOf(child, [...path, child.name()])),
  };
}

function optionOf(option: Option): OptionNode {
  const { short, long, description, required, flags } = option;
  return {
    names: [short, long].filter((name) => name !== undefined && name !== null),
    // What stands in parentheses is a default; in a list of choices it is only long.
    summary: description.replace(/ \(default: .*\)$/s, ""),
    takes: required ? (/<(?:file|folder)>/.test(flags) ? "file" : "text") : "nothing",
    words: option instanceof SettingOption ? option.words : [],
  };
}
