import {
  isStateFileEmptied,
  type Journal,
  listenForWebhooks,
  openJournal,
  reapOrphans,
  type RunReport,
  type StreamStatus,
  type WebhookListener,
} from "@dirsync/consumer";
import { type Logger, type Runtime, systemRuntime } from "@dirsync/sdk";
import type { Context } from "../context.ts";
import { exitCodes } from "../exit-codes.ts";
import type { Health } from "../health/open.ts";
import { createLogger } from "../logging.ts";
import { createOutput } from "../output.ts";
import { serviceManagerOf } from "../systemd.ts";
import type { ConfigFlags } from "../settings/load.ts";
import { type EarlyHangUps, listenForShutdown, noteHangUps } from "../shutdown.ts";
import { gapToJson } from "./gaps.ts";
import { follow, sumOf } from "./follow.ts";
import { HolderNote } from "./holder-note.ts";
import { warnOfInsecurity } from "./insecurity.ts";
import { type RefusedReload, Reload, tellRefused } from "./reload.ts";
import { planTail, type TailPlan } from "./tail-plan.ts";
import { StatePlace, watchPlace } from "../state-place.ts";
import { watchModules } from "./watch.ts";

const emptied =
  "the state file is empty although it was in use, and is begun anew: what sinks had still to get and the position in the log are gone. Unless its first start was cut short, stop this tail and restore a backup, or begin a new file with --from an ISO time before it was lost";

/** Flags of `dirsync tail` that are no settings: what this run is to do, and how it talks. */
export interface TailFlags extends ConfigFlags {
  readonly once: boolean;
  readonly watch: boolean;
  readonly json: boolean;
}

/** Delivers events until told to stop, or until the end of the log with `--once`. */
export async function tail(flags: TailFlags, context: Context): Promise<number> {
  // A terminal that is closed sends the same signal and means something else: that nobody is there any more.
  const hangUps = context.streams.stderr.isTTY === true ? null : noteHangUps();
  try {
    return await begin(flags, { context, hangUps });
  } finally {
    hangUps?.release();
  }
}

interface Beginning {
  readonly context: Context;
  /** Those of the time in which handlers are loaded; null where SIGHUP asks for an end. */
  readonly hangUps: EarlyHangUps | null;
}

async function begin(flags: TailFlags, { context, hangUps }: Beginning): Promise<number> {
  const log = createLogger(context, { json: flags.json });
  const runtime: Runtime = { ...systemRuntime, log };
  const plan = await planTail(flags, { context, log });
  const { state, durability } = plan.configuration.values;
  if (plan.isStateFleeting)
    log.warn({ state }, "the state file is gone with this machine or container; mount a volume");
  if (isStateFileEmptied(state)) log.warn({ state }, emptied);
  const journal = await openJournal({ path: state, role: "holder", durability });
  try {
    const place = new StatePlace(state);
    // Who holds a new file has no predecessor, and looking at every process of the machine takes its time.
    const orphans = journal.epoch > 1 ? await reapOrphans(journal.instanceId, runtime) : 0;
    if (orphans > 0) log.warn({ orphans }, "ended hooks that a killed predecessor left running");
    const report = await run(plan, { flags, context, hangUps, journal, runtime, place });
    return conclude(report, { flags, plan, context, log, status: await journal.status() });
  } finally {
    await journal.close();
  }
}

interface Setting extends Beginning {
  readonly flags: TailFlags;
  readonly journal: Journal;
  readonly runtime: Runtime;
  readonly place: StatePlace;
}

/** Runs with one configuration after another until it is to end. */
async function run(first: TailPlan, setting: Setting): Promise<RunReport> {
  const { flags, context, hangUps, journal, runtime, place } = setting;
  const { log } = runtime;
  const manager = serviceManagerOf(context.environment, log);
  const note = new HolderNote({ journal, secrets: context.secrets, runtime });
  const onRefused = (refused: RefusedReload | null): void => note.refused(refused);
  const reload = new Reload(first, { read: () => planTail(flags, { context, log }), runtime, onRefused });
  const onReload = (): void => {
    manager.reloading();
    reload.ask();
  };
  const shutdown = listenForShutdown(log, hangUps === null ? {} : { onReload });
  // What is to be read anew may have been read before it came.
  if (hangUps?.release() === true) onReload();
  shutdown.signal.addEventListener("abort", () => manager.stopping(), { once: true });
  const reports: RunReport[] = [];
  const over = new AbortController();
  if (flags.watch) void watch(reload, log, AbortSignal.any([shutdown.signal, over.signal]));
  const status = (): Promise<StreamStatus> => journal.status();
  const { state: path } = first.configuration.values;
  const watching = watchPlace({ place, path, status, runtime, signal: over.signal });
  let health: Health | null = null;
  let doorbell: WebhookListener | null = null;
  try {
    health = await listen(reload, { context, journal, runtime, place });
    doorbell = await listenForRings(reload, { flags, runtime });
    shutdown.signal.addEventListener("abort", () => void doorbell?.close(), { once: true });
    const watcher = health?.monitor ?? null;
    do {
      const plan = reload.take();
      note.begin();
      warnOfInsecurity(plan.configuration, log);
      const drain = AbortSignal.any([shutdown.signal, reload.signal]);
      const onReady = (source: string): void => manager.ready(`Following ${source}`);
      const turn = { journal, runtime, once: flags.once, drain, hasContact: reload.isProven };
      try {
        const onHalted = (sink: string): void => note.halted(sink);
        reports.push(await follow(plan, { ...turn, watcher, doorbell, onReady, onHalted }));
      } catch (error) {
        if (!reload.revert(error)) throw error;
      }
    } while (reload.isAsked && !shutdown.signal.aborted);
    return sumOf(reports);
  } finally {
    over.abort();
    await watching;
    shutdown.release();
    manager.release();
    await doorbell?.close();
    await health?.server.close();
  }
}

/** Loads handlers again when they change. Tries in flight end first, and what does not load leaves the old ones. */
async function watch(reload: Reload, log: Logger, signal: AbortSignal): Promise<void> {
  const modules = (): readonly string[] =>
    reload.current.configuration.sinks.filter(({ target }) => target === "handlers").map(({ value }) => value);
  const onChange = (): void => {
    log.info({}, "handlers have changed; loading them again");
    reload.ask();
  };
  await watchModules(modules, onChange, signal);
}

/** The listener is loaded only where one is asked for. */
async function listen(
  reload: Reload,
  { context, journal, runtime, place }: Omit<Setting, "flags" | "hangUps">,
): Promise<Health | null> {
  const { configuration } = reload.current;
  if (configuration.values.health === undefined) return null;
  const { openHealth } = await import("../health/open.ts");
  const refused = (): string | null => tellRefused(reload.refused);
  const watched = { journal, runtime, secrets: context.secrets, refused, place };
  return await openHealth(configuration, () => reload.current.configuration, watched);
}

/** One listener for all configurations: a ring between two of them is kept. */
async function listenForRings(
  reload: Reload,
  { flags, runtime }: Pick<Setting, "flags" | "runtime">,
): Promise<WebhookListener | null> {
  const { doorbell } = reload.current.configuration.values;
  if (doorbell === undefined) return null;
  if (flags.once) {
    runtime.log.info({}, "no doorbell for a run that ends at the end of the log");
    return null;
  }
  const secrets = (): readonly string[] => reload.current.webhookSecrets();
  const listener = await listenForWebhooks({ ...doorbell, secrets, runtime });
  runtime.log.info({ url: listener.url }, "taking webhooks that ring");
  return listener;
}

interface Conclusion {
  readonly flags: TailFlags;
  readonly plan: TailPlan;
  readonly context: Context;
  readonly log: Logger;
  readonly status: StreamStatus;
}

function conclude(
  { received, sinks, isDrained, isComplete }: RunReport,
  { flags, plan, context, log, status }: Conclusion,
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
    gaps: status.gaps.map((gap) => gapToJson(gap)),
    source_dead_letters: status.sourceDeadLetters,
  };
  const dead = sinks.reduce((count, sink) => count + sink.dead, 0);
  const delivered = sinks.map((sink) => `${sink.sink} ${sink.delivered}`).join(", ");
  log.info({ received, delivered, dead_letters: dead, drained: isDrained }, "ended");
  if (dead > 0) log.warn({ dead_letters: dead }, "some events were given up; see: dirsync dead-letters list");
  const { gaps, sourceDeadLetters: refused } = status;
  if (refused > 0) log.warn({ source_dead_letters: refused }, "the service lists what is no event; it was kept");
  if (gaps.length > 0) log.error({ gaps: gaps.length }, "events may be missing; see: dirsync status");
  // Where events go to standard output, it carries nothing else.
  const isTaken = plan.configuration.sinks.some(({ target }) => target === "stdout");
  if (flags.json && !isTaken) createOutput(context, true).json(summary);
  if (sinks.some((sink) => sink.halted !== null)) return exitCodes.sinkHalted;
  // Whoever runs it once relies on 0 to mean that everything there was has been delivered.
  if (!isDrained || (flags.once && !isComplete)) return exitCodes.cutShort;
  return flags.once && gaps.length > 0 ? exitCodes.gapNeedsDecision : exitCodes.done;
}
