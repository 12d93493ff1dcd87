import { type Journal, openJournal, type Replayed, type ReplaySelection } from "@dirsync/consumer";
import { StateError } from "@dirsync/sdk";
import type { Context } from "../context.ts";
import { exitCodes } from "../exit-codes.ts";
import { createOutput, type Output } from "../output.ts";
import { progressFor } from "../progress-for.ts";
import { stateFileOf } from "../settings/access.ts";
import { type ConfigFlags, loadConfiguration } from "../settings/load.ts";
import { time } from "../settings/start.ts";
import { wrongUsage } from "../wrong-usage.ts";
import { amount } from "../ui/amount.ts";

/** Flags of `dirsync replay`. */
export interface ReplayFlags extends ConfigFlags {
  readonly sink: string;
  readonly since?: string;
  readonly until?: string;
  readonly from?: string;
  readonly to?: string;
  readonly event?: readonly string[];
  readonly directory?: string;
  readonly user?: string;
  readonly all: boolean;
  readonly force: boolean;
  readonly dryRun: boolean;
  readonly json: boolean;
}

/** Asks for events once more; a running tail notices within a second. */
export async function replay(flags: ReplayFlags, context: Context): Promise<number> {
  checkChoice(flags);
  const path = stateFileOf(await loadConfiguration(flags, context));
  const progress = progressFor(context, flags);
  const journal = await openJournal({ path, role: "visitor" });
  try {
    const { sink, dryRun, force } = flags;
    const selection = await selectionOf(flags, journal);
    const onProgress = (done: number, total: number): void =>
      progress.show({ doing: "looking", done, total, unit: "events" });
    const replayed = dryRun
      ? await journal.countReplay(sink, selection, { onProgress })
      : await journal.requestReplay(sink, selection, { force, onProgress });
    progress.clear();
    tell(replayed, { flags, output: createOutput(context, flags.json) });
    return exitCodes.done;
  } finally {
    progress.clear();
    await journal.close();
  }
}

const choices = ["since", "until", "from", "to", "event", "directory", "user"] as const;

function checkChoice(flags: ReplayFlags): void {
  const given = choices.filter((name) => flags[name] !== undefined);
  if (given.length === 0 && !flags.all) {
    throw wrongUsage(`Say which events: ${choices.map((name) => `--${name}`).join(", ")}, or --all.`);
  }
  const { user } = flags;
  if (user?.includes("@") === true) {
    throw wrongUsage(`--user takes the id of a directory user, which \`dirsync why ${user}\` shows.`);
  }
  if (given.length > 0 && flags.all) throw wrongUsage(`--all and --${given.join(", --")} exclude each other.`);
}

async function selectionOf(flags: ReplayFlags, journal: Journal): Promise<ReplaySelection> {
  const { event: ids, directory, user, from, to, since, until } = flags;
  const named = [...(ids ?? []), ...[from, to].filter((id) => id !== undefined)];
  const places = await journal.placesOf(named);
  for (const id of named) if (!places.has(id)) throw unknown(id);
  const fromSeq = from === undefined ? undefined : places.get(from);
  const toSeq = to === undefined ? undefined : places.get(to);
  return {
    ...(flags.all ? { fromSeq: 1 } : {}),
    ...(fromSeq === undefined ? {} : { fromSeq }),
    ...(toSeq === undefined ? {} : { toSeq }),
    ...(ids === undefined ? {} : { ids }),
    ...(directory === undefined ? {} : { directory }),
    ...(user === undefined ? {} : { user }),
    ...(since === undefined ? {} : { since: timeOf("--since", since) }),
    ...(until === undefined ? {} : { until: timeOf("--until", until) }),
  };
}

function timeOf(flag: string, text: string): string {
  const reading = time(text);
  if ("mistake" in reading) throw wrongUsage(`${flag} ${reading.mistake}`);
  return reading.value;
}

function unknown(id: string): StateError {
  return new StateError(
    `The state file has no event ${id}. It forgets events some time after every sink has finished them.`,
    { code: "missing" },
  );
}

function tell({ count, firstSeq, lastSeq, overtaken, leftOut }: Replayed, { flags, output }: Told): void {
  if (flags.json) {
    const place = { first_seq: firstSeq, last_seq: lastSeq };
    output.json({ sink: flags.sink, dry_run: flags.dryRun, count, ...place, overtaken, left_out: leftOut });
    return;
  }
  const events = amount(count, "event");
  if (count === 0) output.line(`${flags.sink} has finished no such event.`);
  else if (flags.dryRun)
    output.line(`${flags.sink} would get ${events} once more, ${firstSeq} to ${lastSeq} in the journal.`);
  else output.line(`${flags.sink} gets ${events} once more, ${firstSeq} to ${lastSeq} in the journal.`);
  if (leftOut > 0) {
    const what = amount(leftOut, "event");
    output.line(
      `Left out: ${what} that a person has given up while the guard held them; --event brings one by its id.`,
    );
  }
  if (overtaken > 0)
    output.line(`Overtaken by events that are not among them, which brings back an old state: ${overtaken}.`);
}

interface Told {
  readonly flags: ReplayFlags;
  readonly output: Output;
}
