import type { Command } from "commander";

/**
 * Refuses a flag that stands where another one's value should, as `--directory $ID --apply` does when ID is not set: commander
 * takes `--apply` for the id, and nothing is left of what was asked for.
 */
export function refuseSwallowedFlag(command: Command): void {
  const flags = new Set(command.options.map(({ long }) => long));
  for (const option of command.options) {
    if (!option.required) continue;
    const values: unknown[] = [command.getOptionValue(option.attributeName())].flat();
    const flag = values.filter((value) => typeof value === "string").find((value) => flags.has(value));
    if (flag !== undefined) command.error(`error: option '${option.flags}' has no value; ${flag} follows it`);
  }
}
