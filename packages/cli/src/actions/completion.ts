import type { Command } from "commander";
import { bashScript } from "../completion/bash.ts";
import { commandTree } from "../completion/command-tree.ts";
import { fishScript } from "../completion/fish.ts";
import { zshScript } from "../completion/zsh.ts";
import type { Context } from "../context.ts";
import { exitCodes } from "../exit-codes.ts";
import { createOutput } from "../output.ts";

const scripts = { bash: bashScript, zsh: zshScript, fish: fishScript };

/** Prints the script for a shell. */
export function completion(shell: keyof typeof scripts, program: Command, context: Context): number {
  createOutput(context, false).line(scripts[shell](commandTree(program)).trimEnd());
  return exitCodes.done;
}
