import { openJournal, type Purged } from "@dirsync/consumer";
import type { Context } from "../context.ts";
import { exitCodes } from "../exit-codes.ts";
import { createOutput, type Output } from "../output.ts";
import { stateFileOf } from "../settings/access.ts";
import { type ConfigFlags, loadConfiguration } from "../settings/load.ts";
import { amount } from "../ui/amount.ts";
import { wrongUsage } from "../wrong-usage.ts";

/** Flags of `dirsync purge`. */
export interface PurgeFlags extends ConfigFlags {
  readonly user?: string;
  readonly email?: string;
  readonly json: boolean;
}

/** Takes a person's data out of the state file, also while a tail runs. Exit code 75 when something has to wait. */
export async function purge(flags: PurgeFlags, context: Context): Promise<number> {
  const { user = "", email = "" } = flags;
  if (user === "" && email === "") throw wrongUsage("Say whose data: --user ID, --email ADDRESS, or both.");
  const path = stateFileOf(await loadConfiguration(flags, context));
  const journal = await openJournal({ path, role: "visitor" });
  try {
    const subject = { ...(user === "" ? {} : { userId: user }), ...(email === "" ? {} : { email }) };
    const purged = await journal.purge(subject);
    tell(purged, createOutput(context, flags.json));
    // Whoever has to prove that it is done relies on 0.
    return purged.waiting === 0 ? exitCodes.done : exitCodes.cutShort;
  } finally {
    await journal.close();
  }
}

function tell({ events, deadLetters, refused, waiting }: Purged, output: Output): void {
  if (output.isJson) {
    output.json({ events, dead_letters: deadLetters, refused, waiting });
    return;
  }
  const [blank, letters] = [amount(events, "event"), amount(deadLetters, "dead letter")];
  output.line(`${blank} made blank, ${letters} and ${amount(refused, "refused event")} taken out.`);
  if (waiting > 0)
    output.line(`Still to be delivered, and left: ${amount(waiting, "event")}. Run it again after that.`);
}
