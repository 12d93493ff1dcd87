import {
  isStateFileHeld,
  type Journal,
  openJournal,
  reapOrphans,
  type ScanRequest,
  type ScanStatus,
} from "@dirsync/consumer";
import { ConfigError, type Runtime, systemRuntime } from "@dirsync/sdk";
import type { Context } from "../context.ts";
import { exitCodes } from "../exit-codes.ts";
import { createLogger } from "../logging.ts";
import { createOutput, type Output } from "../output.ts";
import { stateFileOf } from "../settings/access.ts";
import { type ConfigFlags, loadConfiguration } from "../settings/load.ts";
import { listenForShutdown } from "../shutdown.ts";
import { Progress } from "../ui/progress.ts";
import { follow } from "./follow.ts";
import { warnOfInsecurity } from "./insecurity.ts";
import { exitCodeOfScan, requestScan, watchScan } from "./scans.ts";
import { planTail, type TailPlan } from "./tail-plan.ts";
import { watchWhileHeld } from "./watch-held.ts";

/** A scan that a command makes, and how it tells of it. */
export interface ScanCommand {
  readonly flags: ConfigFlags & { readonly json: boolean };
  readonly request: ScanRequest;
  /** Says on standard output what came of it, where events do not go there. */
  readonly tell: (status: ScanStatus, told: Told) => Promise<void>;
}

/** What there is to tell with. */
export interface Told {
  readonly journal: Journal;
  readonly output: Output;
}

/**
 * Has a scan made: by the tail that runs, or where none does by this process. A dry run delivers nothing, though the log
 * is read on.
 */
export async function makeScan(command: ScanCommand, context: Context): Promise<number> {
  const { flags, request } = command;
  const plainLog = createLogger(context, { json: flags.json });
  const { stderr } = context.streams;
  const progress = new Progress({ stderr, log: plainLog, now: systemRuntime.now, json: flags.json });
  const log = progress.beside(plainLog);
  const runtime: Runtime = { ...systemRuntime, log };
  const path = stateFileOf(await loadConfiguration(flags, context));
  const work: Work = { ...command, context, runtime, progress };
  if (await isStateFileHeld(path)) return await ask(path, work);
  const plan = await planTail(flags, { context, log, mayLackSinks: true });
  refusePart(plan);
  return await run(request.isDryRun === true ? { ...plan, makeSinks: () => [] } : plan, work);
}

interface Work extends ScanCommand {
  readonly context: Context;
  readonly runtime: Runtime;
  readonly progress: Progress;
}

/** @throws ConfigError when the log is not read whole. */
function refusePart({ configuration }: TailPlan): void {
  if (configuration.values.sourceEvents === undefined) return;
  const where = configuration.origins["sourceEvents"]?.where ?? "--source-events";
  const why = "What the log is not asked for would be taken for what it never said";
  throw new ConfigError(`A scan needs all events of the log. ${why}; leave ${where} out.`, { where });
}

/** The tail that holds the state file does it, with its own key and to its own sinks. */
async function ask(path: string, work: Work): Promise<number> {
  const { runtime, request, progress } = work;
  const journal = await openJournal({ path, role: "visitor" });
  const shutdown = listenForShutdown(runtime.log);
  try {
    const id = await requestScan(journal, request, runtime);
    runtime.log.info({ scan: id, state: path }, "the tail that runs was asked for it; this command only watches");
    const status = await watchWhileHeld(id, { journal, path, runtime, progress, signal: shutdown.signal });
    await tellOf(status, { work, journal });
    return exitCodeOfScan(status);
  } finally {
    shutdown.release();
    await journal.close();
  }
}

/** Nobody holds the state file: reads the log and the lists, and delivers, until all of it is done. */
async function run(plan: TailPlan, work: Work): Promise<number> {
  const { runtime, request, progress } = work;
  const { state, durability } = plan.configuration.values;
  const journal = await openJournal({ path: state, role: "holder", durability });
  const shutdown = listenForShutdown(runtime.log);
  try {
    await reapOrphans(journal.instanceId, runtime);
    warnOfInsecurity(plan.configuration, runtime.log);
    const id = await requestScan(journal, request, runtime);
    const over = new AbortController();
    const signal = AbortSignal.any([shutdown.signal, over.signal]);
    const watching = watchScan(journal, id, { runtime, progress, signal });
    watching.catch(() => undefined);
    const turn = { journal, runtime, once: true, drain: shutdown.signal, watcher: null, doorbell: null };
    try {
      const report = await follow(plan, { ...turn, onReady: () => undefined, onHalted: () => undefined });
      if (report.sinks.some(({ halted }) => halted !== null)) return exitCodes.sinkHalted;
      if (!report.isDrained || !report.isComplete) return exitCodes.cutShort;
    } finally {
      over.abort();
      await watching.catch(() => undefined);
    }
    return await conclude(journal, id, { work, plan });
  } finally {
    shutdown.release();
    await journal.close();
  }
}

async function conclude(journal: Journal, id: string, { work, plan }: { work: Work; plan: TailPlan }): Promise<number> {
  const status = await journal.scans.scanStatus(id);
  if (status === null) return exitCodes.bug;
  // Where events go to standard output, it carries nothing else.
  const isTaken = plan.configuration.sinks.some(({ target }) => target === "stdout") && !status.isDryRun;
  if (!isTaken) await tellOf(status, { work, journal });
  return exitCodeOfScan(status);
}

async function tellOf(status: ScanStatus, { work, journal }: { work: Work; journal: Journal }): Promise<void> {
  await work.tell(status, { journal, output: createOutput(work.context, work.flags.json) });
}
