import {
  createConsumer,
  eventsApiSource,
  type Journal,
  openJournal,
  reapOrphans,
  type RunReport,
  type StartPosition,
} from "@dirsync/consumer";
import { ConfigError, DirectorySync, type Logger, type Runtime, systemRuntime } from "@dirsync/sdk";
import type { Context } from "../context.ts";
import { exitCodes } from "../exit-codes.ts";
import { createLogger } from "../logging.ts";
import { createOutput } from "../output.ts";
import type { ConfigFlags } from "../settings/load.ts";
import { startPosition } from "../settings/start.ts";
import { listenForShutdown } from "../shutdown.ts";
import { serviceNowMs } from "./service-clock.ts";
import { planTail, type TailPlan } from "./tail-plan.ts";

/** Flags of `dirsync tail` that are no settings: what this run is to do, and how it talks. */
export interface TailFlags extends ConfigFlags {
  readonly once: boolean;
  readonly json: boolean;
}

/** Delivers events until told to stop, or until the end of the log with `--once`. */
export async function tail(flags: TailFlags, context: Context): Promise<number> {
  const log = createLogger(context, { json: flags.json });
  const runtime: Runtime = { ...systemRuntime, log };
  const plan = await planTail(flags, { context, log });
  warnOfInsecurity(plan, log);
  const { state, durability } = plan.configuration.values;
  const journal = await openJournal({ path: state, role: "holder", durability });
  const shutdown = listenForShutdown(log);
  try {
    const orphans = await reapOrphans(journal.instanceId, runtime);
    if (orphans > 0) log.warn({ orphans }, "ended hooks that a killed predecessor left running");
    const report = await follow(plan, { journal, runtime, once: flags.once, drain: shutdown.signal });
    return conclude(report, { flags, plan, context, log });
  } finally {
    shutdown.release();
    await journal.close();
  }
}

/** At every start, so that nobody forgets what was only to be for a day. */
function warnOfInsecurity({ configuration }: TailPlan, log: Logger): void {
  for (const [setting, value] of Object.entries(configuration.values)) {
    if (!setting.startsWith("insecure") || value !== true) continue;
    const { where } = configuration.origins[setting] ?? { where: setting };
    log.warn({ setting, from: where }, "an insecure setting is on");
  }
}

interface Run {
  readonly journal: Journal;
  readonly runtime: Runtime;
  readonly once: boolean;
  readonly drain: AbortSignal;
}

async function follow(plan: TailPlan, { journal, runtime, once, drain }: Run): Promise<RunReport> {
  const { configuration, apiKey, makeSinks } = plan;
  const { baseUrl, sourceEvents, poll, drainTimeout, state } = configuration.values;
  const client = new DirectorySync({ apiKey: apiKey.reveal(), baseUrl, runtime });
  const source = eventsApiSource(client, sourceEvents === undefined ? {} : { events: sourceEvents });
  const sinks = makeSinks(journal);
  const start = await startOf(plan, runtime);
  const position = await journal.bind(source.identity, start);
  const names = sinks.map(({ sink }) => sink.name).join(", ");
  runtime.log.info({ source: source.identity, sinks: names, state, after: tellPosition(position) }, "tailing");
  const limits = { pollMs: poll, drainTimeoutMs: drainTimeout };
  return await createConsumer({ source, journal, sinks, start, runtime, ...limits }).run({ once, drain });
}

/** Only `now` has to ask the service, for its time. */
async function startOf({ configuration }: TailPlan, runtime: Runtime): Promise<StartPosition> {
  const { from, baseUrl } = configuration.values;
  const nowMs = from === "now" ? await serviceNowMs(baseUrl, runtime) : runtime.now();
  const reading = startPosition(from, nowMs);
  if ("value" in reading) return reading.value;
  throw new ConfigError(`--from ${reading.mistake}`, { where: "--from" });
}

/** Where reading really goes on, which is not where `--from` says once the state file has a position. */
function tellPosition({ cursor, start }: { cursor: string | null; start: StartPosition }): string {
  if (cursor !== null) return cursor;
  return start.from === "time" ? start.time : start.from === "event" ? start.id : "start";
}

interface Conclusion {
  readonly flags: TailFlags;
  readonly plan: TailPlan;
  readonly context: Context;
  readonly log: Logger;
}

function conclude(
  { received, sinks, isDrained, isComplete }: RunReport,
  { flags, plan, context, log }: Conclusion,
): number {
  const summary = {
    received,
    drained: isDrained,
    sinks: sinks.map(({ sink, delivered, dead, halted }) => ({
      name: sink,
      delivered,
      dead_letters: dead,
      halted: halted?.message ?? null,
    })),
  };
  const dead = sinks.reduce((count, sink) => count + sink.dead, 0);
  const delivered = sinks.map((sink) => `${sink.sink} ${sink.delivered}`).join(", ");
  log.info({ received, delivered, dead_letters: dead, drained: isDrained }, "ended");
  if (dead > 0) log.warn({ dead_letters: dead }, "some events were given up; see: dirsync dead-letters list");
  // Where events go to standard output, it carries nothing else.
  const isTaken = plan.configuration.sinks.some(({ target }) => target === "stdout");
  if (flags.json && !isTaken) createOutput(context, true).json(summary);
  if (sinks.some((sink) => sink.halted !== null)) return exitCodes.sinkHalted;
  // Whoever runs it once relies on 0 to mean that everything there was has been delivered.
  return isDrained && (isComplete || !flags.once) ? exitCodes.done : exitCodes.cutShort;
}
