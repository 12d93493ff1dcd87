import type { Command } from "commander";
import { serviceAndStateFlags } from "./command.ts";

/** Adds the flags that say which people, and who is asked about them. */
export function peopleFlags(command: Command): Command {
  return serviceAndStateFlags(command)
    .optionsGroup("Which people:")
    .option("--service", "ask the service, page by page, instead of the mirror in the state file", false)
    .option("--directory <id>", "only of this directory; may be given several times", together)
    .option("--organization <id>", "only of this organization");
}

/** For flags that may be given several times. */
export function together(given: string, before: readonly string[] | undefined): readonly string[] {
  return [...(before ?? []), given];
}
