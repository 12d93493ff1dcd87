import { openJournal, type Purged } from "@dirsync/consumer";
import { ConfigError } from "@dirsync/sdk";
import type { Context } from "../context.ts";
import { exitCodes } from "../exit-codes.ts";
import { createOutput, type Output } from "../output.ts";
import { progressFor } from "../progress-for.ts";
import { stateFileOf } from "../settings/access.ts";
import { type ConfigFlags, loadConfiguration } from "../settings/load.ts";
import { amount } from "../ui/amount.ts";
import { wrongUsage } from "../wrong-usage.ts";
import { refuseUnknownSink } from "./known-sink.ts";

/** Flags of `dirsync purge`. */
export interface PurgeFlags extends ConfigFlags {
  /** An id or an e-mail address. */
  readonly subject?: string;
  readonly user?: string;
  readonly email?: string;
  /** A sink that is no longer used. */
  readonly sink?: string;
  readonly json: boolean;
}

/** Takes a person's data out of the state file, also while a tail runs. Exit code 75 when something has to wait. */
export async function purge(flags: PurgeFlags, context: Context): Promise<number> {
  const { user = "", email = "" } = personOf(flags);
  const { sink } = flags;
  if (sink !== undefined) {
    if (user !== "" || email !== "")
      throw wrongUsage("--sink forgets a sink, --subject, --user and --email a person; give one of them.");
    return await purgeSink(sink, flags, context);
  }
  if (user === "" && email === "")
    throw wrongUsage("Say whose data: --subject ID or ADDRESS, or --user ID and --email ADDRESS.");
  if (user.includes("@")) throw wrongUsage("--user takes the id of a directory user; an address goes with --email.");
  const path = stateFileOf(await loadConfiguration(flags, context));
  const progress = progressFor(context, flags);
  const journal = await openJournal({ path, role: "visitor" });
  try {
    const subject = { ...(user === "" ? {} : { userId: user }), ...(email === "" ? {} : { email }) };
    const purged = await journal.purge(subject, {
      onProgress: (done, total) => progress.show({ doing: "looking", done, total, unit: "events" }),
    });
    progress.clear();
    tell(purged, createOutput(context, flags.json));
    // Whoever has to prove that it is done relies on 0.
    return purged.waiting === 0 ? exitCodes.done : exitCodes.cutShort;
  } finally {
    progress.clear();
    await journal.close();
  }
}

/** Whom the flags name. */
function personOf({ subject = "", user, email }: PurgeFlags): Pick<PurgeFlags, "user" | "email"> {
  if (subject === "") return { ...(user === undefined ? {} : { user }), ...(email === undefined ? {} : { email }) };
  if (user !== undefined || email !== undefined)
    throw wrongUsage("--subject says whose data; with it, give neither --user nor --email.");
  return subject.includes("@") ? { email: subject } : { user: subject };
}

function tell({ events, deadLetters, refused, waiting }: Purged, output: Output): void {
  if (output.isJson) {
    output.json({ events, dead_letters: deadLetters, refused, waiting });
    return;
  }
  const [blank, letters] = [amount(events, "event"), amount(deadLetters, "dead letter")];
  output.line(`${blank} made blank, ${letters} and ${amount(refused, "refused event")} taken out.`);
  if (waiting > 0)
    output.line(
      `Still to be delivered, and left: ${amount(waiting, "event")}. Run it again after that; what a guard or a scan holds waits for ` +
        "`dirsync approve`, and if a sink waits for it that is no longer used (see `dirsync status`), forget that one with --sink.",
    );
}

/** Forgets a sink, while no tail runs that might deliver to it. */
async function purgeSink(name: string, flags: PurgeFlags, context: Context): Promise<number> {
  const configuration = await loadConfiguration(flags, context);
  const path = stateFileOf(configuration);
  if (configuration.sinks.some((sink) => sink.name === name)) {
    throw new ConfigError(
      `The sink ${name} is configured. Take it out first; it would be a new one, and get all that is kept.`,
      {
        where: "--sink",
      },
    );
  }
  await refuseUnknown(name, path);
  const journal = await openJournal({ path, role: "holder" });
  try {
    const { pending, deadLetters } = await journal.removeSink(name);
    const output = createOutput(context, flags.json);
    if (flags.json) output.json({ sink: name, pending, dead_letters: deadLetters });
    output.line(
      `Forgot ${name}: ${amount(pending, "event")} waited for it, and ${amount(deadLetters, "dead letter")}.`,
    );
    return exitCodes.done;
  } finally {
    await journal.close();
  }
}

/** A holder would make the file, and upgrade it. */
async function refuseUnknown(name: string, path: string): Promise<void> {
  const journal = await openJournal({ path, role: "visitor" });
  try {
    await refuseUnknownSink(journal, name);
  } finally {
    await journal.close();
  }
}
