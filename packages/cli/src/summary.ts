import type { Command } from "commander";

/** What a list of commands says of one, in words of one form: its summary, else the first sentence of its description. */
export function summaryOf(command: Command): string {
  if (command.summary() !== "") return command.summary();
  const [sentence = ""] = command.description().split(/\.(?:\s|$)/);
  return sentence.replace(/^[A-Z](?=[a-z])/, (letter) => letter.toLowerCase());
}
