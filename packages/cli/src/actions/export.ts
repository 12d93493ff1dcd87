import { listsApiSource, type ListedRow, type ListsSource } from "@dirsync/consumer";
import { systemRuntime } from "@dirsync/sdk";
import type { Context } from "../context.ts";
import { exitCodes } from "../exit-codes.ts";
import { estimate, type Estimate, userReadsPerSecond } from "../export/estimate.ts";
import type { Kind } from "../export/kinds.ts";
import { openWriter, pathsOf } from "../export/open-writer.ts";
import { type ExportPlan, type ExportWishes, planExport } from "../export/plan.ts";
import { directoriesIn, readAll } from "../export/read-all.ts";
import { createLogger } from "../logging.ts";
import { createOutput, pourOutput } from "../output.ts";
import { listenForShutdown } from "../shutdown.ts";
import { durationOf } from "../ui/duration.ts";
import { amount, grouped } from "../ui/amount.ts";
import { Progress } from "../ui/progress.ts";
import { connect, type GetFlags } from "./listing.ts";

/** Flags of `dirsync export`. */
export interface ExportFlags extends GetFlags, ExportWishes {
  readonly dryRun: boolean;
}

/** With the pauses between them, a service may be away for about a minute. */
const retriesMax = 16;

/** Writes what is in directories now into a file or to standard output. Needs no state file and changes none. */
export async function exportAll(flags: ExportFlags, context: Context): Promise<number> {
  const plan = planExport(flags);
  const log = createLogger(context, { json: flags.json });
  const shutdown = listenForShutdown(log);
  const { signal } = shutdown;
  try {
    const tally = new Tally();
    const source = tally.countRequests(listsApiSource(await connect(flags, context, { retriesMax })));
    const directories = await directoriesIn(flags, { source, signal });
    const expected = estimate(directories, plan.kinds);
    if (flags.dryRun) tellEstimate(expected, { flags, context, directories });
    else {
      await copy({ plan, tally, expected, directories, source, signal }, { flags, context });
      tellResult({ plan, tally }, { flags, context });
    }
    return exitCodes.done;
  } catch (error) {
    if (!signal.aborted) throw error;
    log.warn({}, plan.out === null ? "stopped before the end" : "stopped before the end: nothing was written to --out");
    return exitCodes.cutShort;
  } finally {
    shutdown.release();
  }
}

interface Copy {
  readonly plan: ExportPlan;
  readonly tally: Tally;
  readonly expected: Estimate;
  readonly directories: readonly ListedRow[];
  readonly source: ListsSource;
  readonly signal: AbortSignal;
}

interface Caller {
  readonly flags: ExportFlags;
  readonly context: Context;
}

/** Reads everything and writes it, all or nothing where there is a file. */
async function copy({ plan, tally, expected, directories, source, signal }: Copy, caller: Caller): Promise<void> {
  const { flags, context } = caller;
  const log = createLogger(context, { json: flags.json });
  const writer = await openWriter(plan, pourOutput(context, signal));
  const progress = new Progress({
    stderr: context.streams.stderr,
    log,
    now: systemRuntime.now,
    json: flags.json,
  });
  const onGone = (directoryId: string): void => {
    progress.clear();
    log.warn({ directory: directoryId }, "deleted while it was read; what was read of it until then is included");
  };
  const before = tally.requests;
  try {
    for await (const batch of readAll({ source, signal, directories, kinds: plan.kinds, onGone })) {
      await writer.write(batch);
      tally.countRows(batch.kind, batch.rows.length);
      const done = tally.requests - before;
      // Big groups take more than one request each, which nobody can know before.
      const total = expected.requests === null ? null : Math.max(expected.requests, done);
      progress.show({ doing: "reading", done, total, unit: "requests", detail: tally.sentence() });
    }
    await writer.finish();
  } catch (error) {
    await writer.abandon();
    throw error;
  } finally {
    progress.clear();
  }
}

const singular: Readonly<Record<Kind, string>> = {
  directories: "directory",
  users: "user",
  groups: "group",
  memberships: "membership",
};

/** What has been read so far. */
class Tally {
  requests = 0;
  readonly #rows = new Map<Kind, number>();

  countRequests(source: ListsSource): ListsSource {
    return {
      identity: source.identity,
      page: (...request) => {
        this.requests += 1;
        return source.page(...request);
      },
      get: (...request) => {
        this.requests += 1;
        return source.get(...request);
      },
    };
  }

  countRows(kind: Kind, count: number): void {
    this.#rows.set(kind, (this.#rows.get(kind) ?? 0) + count);
  }

  rows(): Readonly<Record<string, number>> {
    return Object.fromEntries(this.#rows);
  }

  sentence(): string {
    if (this.#rows.size === 0) return "nothing";
    return [...this.#rows]
      .map(([kind, count]) => (count === 1 ? `1 ${singular[kind]}` : `${grouped(count)} ${kind}`))
      .join(", ");
  }
}

function tellResult({ plan, tally }: Pick<Copy, "plan" | "tally">, { flags, context }: Caller): void {
  const files = pathsOf(plan);
  const facts = { ...Object.fromEntries([...plan.kinds].map((kind) => [kind, 0])), ...tally.rows() };
  if (plan.out === null) {
    // Standard output is the export itself.
    createLogger(context, { json: flags.json }).info({ ...facts, requests: tally.requests }, "exported");
    return;
  }
  const output = createOutput(context, flags.json);
  if (flags.json) output.json({ to: plan.to, files, ...facts, requests: tally.requests });
  else output.line(`${files.join(", ")}: ${tally.sentence()}, in ${amount(tally.requests, "request")}.`);
}

function tellEstimate(expected: Estimate, told: Caller & { readonly directories: readonly ListedRow[] }): void {
  const { flags, context, directories } = told;
  const output = createOutput(context, flags.json);
  const { users, groups, requests, secondsAtLimit } = expected;
  if (flags.json) {
    const limit = { seconds_at_limit: secondsAtLimit === null ? null : Math.ceil(secondsAtLimit) };
    output.json({ dry_run: true, directories: directories.length, users, groups, requests, ...limit });
    return;
  }
  const count = directories.length === 1 ? "1 directory" : `${grouped(directories.length)} directories`;
  if (users === null || groups === null || requests === null || secondsAtLimit === null) {
    output.line(`${count}. The service does not say how many users and groups, so neither can this.`);
    return;
  }
  output.line(
    `${count} with ${grouped(users)} users and ${grouped(groups)} groups: at least ${grouped(requests)} requests.`,
  );
  const pace = `${userReadsPerSecond} reads of users or members a second and directory`;
  output.line(`At the rates that WorkOS allows (${pace}): ${durationOf(secondsAtLimit)}.`);
}
