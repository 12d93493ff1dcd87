import { styleText } from "node:util";
import type { Context } from "./context.ts";
import { printable } from "./ui/printable.ts";

/** Complains on standard error, in one paragraph that names the command to get help from. */
export function complain(context: Context, text: string): void {
  const { stderr } = context.streams;
  const prefix = stderr.isTTY === true ? styleText("red", "dirsync:", { stream: stderr }) : "dirsync:";
  stderr.write(`${prefix} ${printable(text)}\n`);
}
