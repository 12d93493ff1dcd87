import { type DeadLetter, type DeadLetterKey, guardedCode, type Journal, openJournal } from "@dirsync/consumer";
import { isDirsyncError, StateError, systemRuntime } from "@dirsync/sdk";
import type { Context } from "../context.ts";
import { exitCodes } from "../exit-codes.ts";
import { createOutput, type Output } from "../output.ts";
import { progressFor } from "../progress-for.ts";
import { stateFileOf } from "../settings/access.ts";
import { type ConfigFlags, loadConfiguration } from "../settings/load.ts";
import { refuseUnknownSink } from "./known-sink.ts";
import { printList } from "./listing.ts";
import { unlessGone } from "./unless-gone.ts";
import { isNamed, listRefused, refusedIn, refusedToJson } from "./refused-events.ts";
import { amount } from "../ui/amount.ts";
import { printable } from "../ui/printable.ts";
import type { Progress } from "../ui/progress.ts";
import type { Column } from "../ui/table.ts";
import { wrongUsage } from "../wrong-usage.ts";

/** Flags of the `dirsync dead-letters` commands. `all` and `force` come from those that change something. */
export interface DeadLettersFlags extends ConfigFlags {
  readonly sink?: string;
  readonly json: boolean;
  readonly all?: boolean;
  readonly force?: boolean;
  readonly latest?: boolean;
}

/** Lists dead letters, of each sink oldest first, and then what the service listed and is no event. */
export function listDeadLetters(flags: DeadLettersFlags, context: Context): Promise<number> {
  return withJournal(flags, context, async (journal, output) => {
    const refused = await refusedIn(journal, flags);
    const hasLetters = (await journal.deadLetters(flags.sink, { limit: 1 })).length > 0;
    if (hasLetters || refused.length === 0) {
      await printList(summariesIn(journal, flags.sink), { flags, context, columns, nothing: "No dead letters." });
    }
    if (flags.json) {
      for (const letter of refused) output.json(refusedToJson(letter));
      return exitCodes.done;
    }
    if (hasLetters && refused.length > 0) output.line();
    if (refused.length > 0) listRefused(refused, output);
    return exitCodes.done;
  });
}

/** Shows one dead letter, payload included. */
export function showDeadLetter(id: string, flags: DeadLettersFlags, context: Context): Promise<number> {
  return withJournal(flags, context, async (journal, output) => {
    const refused = (await refusedIn(journal, flags)).filter((letter) => isNamed(letter, id));
    const keys = await named(journal, refused.length > 0 ? [] : [id], flags);
    for (const { sink, seq } of keys) {
      const [letter] = await journal.deadLetters(sink, { after: { sink, seq: seq - 1 }, limit: 1 });
      if (letter?.seq !== seq) throw noSuchLetter(id);
      if (flags.json) output.json({ ...summaryOf(letter), payload: letter.event });
      else showOne(summaryOf(letter), letter.event, output);
    }
    for (const letter of refused) {
      const payload: unknown = JSON.parse(letter.body);
      if (flags.json) output.json({ ...refusedToJson(letter), payload });
      else showOne(refusedToJson(letter), payload, output);
    }
    return exitCodes.done;
  });
}

/** Asks for another try; a running tail picks it up within a second. */
export function retryDeadLetters(ids: readonly string[], flags: DeadLettersFlags, context: Context): Promise<number> {
  return withJournal(flags, context, async (journal, output, progress) => {
    const { force = false, latest = false } = flags;
    if (force && latest) throw wrongUsage("--force and --latest exclude each other.");
    const { letters, held } = await choose(journal, ids, flags);
    const isAll = flags.all === true;
    let [refused, instead] = [0, 0];
    // What comes, by the letters it comes for: one event may come in the place of several, and may be one of them.
    const comes = new Set<string>();
    for (const [done, { sink, seq, eventId }] of letters.entries()) {
      progress.show({ doing: "retrying", done, total: letters.length, unit: "dead letters" });
      if (comes.has(`${sink} ${eventId}`)) continue;
      // With --all the rest must still be retried; by name, a refusal is the answer.
      const redriven = journal.redrive(sink, seq, { force, latest });
      const id = await (isAll ? redriven.catch(nullWhereRefused) : redriven);
      if (id === null) refused += 1;
      else comes.add(`${sink} ${id}`);
      if (id !== null && id !== eventId) instead += 1;
    }
    report({ verb: "retried", done: letters.length - refused, refused, instead, held, isLatest: latest }, output);
    return exitCodes.done;
  });
}

function nullWhereRefused(error: unknown): null {
  if (isDirsyncError(error) && (error.code === "superseded" || error.code === "missing")) return null;
  throw error;
}

/** Gives dead letters up. */
export function discardDeadLetters(ids: readonly string[], flags: DeadLettersFlags, context: Context): Promise<number> {
  return withJournal(flags, context, async (journal, output, progress) => {
    const refused = await refusedIn(journal, flags);
    const chosen = refused.filter((letter) => flags.all === true || ids.some((id) => isNamed(letter, id)));
    const others = ids.filter((id) => !chosen.some((letter) => isNamed(letter, id)));
    const isOnlyRefused = flags.all !== true && ids.length > 0 && others.length === 0;
    const { letters, held } = isOnlyRefused ? { letters: [], held: 0 } : await choose(journal, others, flags);
    let count = 0;
    for (const [done, { sink, seq }] of letters.entries()) {
      progress.show({ doing: "discarding", done, total: letters.length, unit: "dead letters" });
      const discarded = journal.discard(sink, seq);
      // Whoever names a letter is told that it is gone.
      if (flags.all !== true) await discarded;
      if (await unlessGone(discarded)) count += 1;
    }
    for (const { hash } of chosen) await journal.discardSourceDeadLetter(hash, systemRuntime.now());
    report({ verb: "discarded", done: count + chosen.length, refused: 0, instead: 0, held }, output);
    return exitCodes.done;
  });
}

async function withJournal(
  flags: DeadLettersFlags,
  context: Context,
  act: (journal: Journal, output: Output, progress: Progress) => Promise<number>,
): Promise<number> {
  const path = stateFileOf(await loadConfiguration(flags, context));
  const progress = progressFor(context, flags);
  const journal = await openJournal({ path, role: "visitor" });
  try {
    if (flags.sink !== undefined) await refuseUnknownSink(journal, flags.sink);
    return await act(journal, createOutput(context, flags.json), progress);
  } finally {
    progress.clear();
    await journal.close();
  }
}

/** What a command is to do something with, and how much of it is left because a guard holds it. */
interface Chosen {
  readonly letters: readonly DeadLetterKey[];
  readonly held: number;
}

/** With --all, all but what a guard holds: whoever has mended a sink has not decided about who would lose access, or keep it. */
async function choose(journal: Journal, ids: readonly string[], flags: DeadLettersFlags): Promise<Chosen> {
  if (flags.all !== true && ids.length > 0) return { letters: await named(journal, ids, flags), held: 0 };
  if (flags.all !== true || ids.length > 0) throw wrongUsage("Name the events, or give --all, but not both.");
  const all = await journal.deadLetterKeys({ sink: flags.sink });
  const letters = all.filter(({ code }) => code !== guardedCode);
  return { letters, held: all.length - letters.length };
}

async function named(
  journal: Journal,
  ids: readonly string[],
  { sink }: DeadLettersFlags,
): Promise<readonly DeadLetterKey[]> {
  const keys: DeadLetterKey[] = [];
  for (const eventId of ids) {
    const found = await journal.deadLetterKeys({ sink, eventId });
    if (found.length === 0) throw noSuchLetter(eventId);
    keys.push(...found);
  }
  return keys;
}

function noSuchLetter(id: string): StateError {
  return new StateError(`There is no dead letter of event ${id}. \`dirsync dead-letters list\` shows what there is.`, {
    code: "missing",
  });
}

/** So many are read at once: any number may have to be listed. */
const pageLetters = 500;

async function* summariesIn(journal: Journal, sink: string | undefined): AsyncGenerator<Summary> {
  let page = await journal.deadLetters(sink, { limit: pageLetters });
  while (page.length > 0) {
    for (const letter of page) yield summaryOf(letter);
    const after = page.at(-1);
    page = await journal.deadLetters(sink, { limit: pageLetters, ...(after === undefined ? {} : { after }) });
  }
}

type Summary = ReturnType<typeof summaryOf>;

const columns: readonly Column<Summary>[] = [
  { heading: "EVENT", cell: (letter) => letter.event_id },
  { heading: "NAME", cell: (letter) => letter.event },
  { heading: "SINK", cell: (letter) => letter.sink },
  { heading: "TRIES", cell: (letter) => letter.attempts, align: "right" },
  { heading: "LAST TRY", cell: (letter) => letter.last_tried_at },
  { heading: "OVERTAKEN", cell: (letter) => (letter.superseded_by === null ? "no" : "yes") },
  { heading: "REASON", cell: (letter) => letter.reason, isProse: true },
];

/** What is said of a letter, by its name in JSON. */
function summaryOf(letter: DeadLetter) {
  return {
    event_id: letter.event.id,
    event: letter.event.event,
    sink: letter.sink,
    seq: letter.seq,
    attempts: letter.attempts,
    first_tried_at: new Date(letter.firstTriedAtMs).toISOString(),
    last_tried_at: new Date(letter.lastTriedAtMs).toISOString(),
    reason: letter.failure.message,
    code: letter.failure.code,
    superseded_by: letter.supersededBy,
  };
}

function showOne(facts: Readonly<Record<string, string | number | null>>, payload: unknown, output: Output): void {
  for (const [name, value] of Object.entries(facts)) {
    output.line(`${output.style("dim", name.padEnd(15))} ${value === null ? "-" : printable(String(value))}`);
  }
  output.line();
  output.line(printable(JSON.stringify(payload, null, 2)));
}

interface Done {
  readonly verb: string;
  readonly done: number;
  readonly refused: number;
  /** For how many the latest state comes. */
  readonly instead: number;
  /** How many a guard holds, and still does. */
  readonly held?: number;
  /** True where it was asked for. */
  readonly isLatest?: boolean;
}

function report({ verb, done, refused, instead, held = 0, isLatest = false }: Done, output: Output): void {
  if (output.isJson) {
    output.json({ [verb]: done, refused, ...(instead > 0 ? { latest: instead } : {}), ...(held > 0 ? { held } : {}) });
    return;
  }
  if (refused > 0) {
    const ways = isLatest
      ? "which a guard holds, or which is blank or forgotten: retry one by its id to see why"
      : "--latest brings what they are now, --force retries them too";
    output.line(`${done} ${verb}; ${refused} left alone, because a later event has overtaken them (${ways}).`);
  } else {
    const told = instead > 0 ? `; in the place of ${instead} of them comes the latest state` : "";
    output.line(`${amount(done, "dead letter")} ${verb}${told}.`);
  }
  if (held > 0)
    output.line(
      `Left as they are: ${held} that a guard holds. \`dirsync approve\` lets them go on, and with --discard gives them up.`,
    );
}
