import { InvalidArgumentError, Option } from "commander";
import { SettingOption } from "./command.ts";

/** A flag that may be given several times, for a list of its values. */
export function repeated(flags: string, purpose: string): Option {
  return new Option(flags, `${purpose} (may be given several times)`).argParser(
    (given: string, before: readonly string[] | undefined) => [...(before ?? []), given],
  );
}

/** A flag that takes one of these words, and completes them. */
export function wordOption(flags: string, purpose: string, words: readonly string[]): Option {
  return new SettingOption(flags, `${purpose}: ${words.join(", ")}`, words).argParser((given: string) => {
    if (words.includes(given)) return given;
    throw new InvalidArgumentError(`It is one of ${words.join(", ")}.`);
  });
}
