import { access, constants, stat } from "node:fs/promises";
import { delimiter, join } from "node:path";
import {
  commandSink,
  createConsumer,
  eventsApiSource,
  handlersSink,
  type Journal,
  openJournal,
  reapOrphans,
  type RunReport,
  type Sink,
  type StartPosition,
  stdoutSink,
} from "@dirsync/consumer";
import { ConfigError, DirectorySync, type Logger, type Runtime, systemRuntime } from "@dirsync/sdk";
import { splitCommand } from "../command-line.ts";
import { cacheFolder, hookEnvironment, serviceConfig, type ServiceFlags, stateFileOf } from "../config.ts";
import type { Context } from "../context.ts";
import { exitCodes } from "../exit-codes.ts";
import { createLogger } from "../logging.ts";
import { createOutput } from "../output.ts";
import { listenForShutdown } from "../shutdown.ts";
import { loadHandlers } from "./handler-module.ts";
import { serviceNowMs } from "./service-clock.ts";
import { parseEventNames, parseStartPosition } from "./start-position.ts";
import { wrongUsage } from "../wrong-usage.ts";

/** Flags of `dirsync tail`. */
export interface TailFlags extends ServiceFlags {
  readonly state?: string;
  readonly events?: string;
  readonly from: string;
  readonly once: boolean;
  readonly handlers?: string;
  readonly exec?: string;
  readonly stdout: boolean;
  readonly json: boolean;
}

/** Delivers events until told to stop, or until the end of the log with `--once`. */
export async function tail(flags: TailFlags, context: Context): Promise<number> {
  const log = createLogger(context, { json: flags.json });
  const runtime: Runtime = { ...systemRuntime, log };
  const events = parseEventNames(flags.events);
  // Checked before anything is asked of the service, which `now` needs.
  parseStartPosition(flags.from, runtime.now());
  const { baseUrl, apiKey } = serviceConfig(flags, context);
  const makeSinks = await prepareSinks(flags, { context, log });
  const path = stateFileOf(flags.state, context.environment);
  const journal = await openJournal({ path, role: "holder" });
  const shutdown = listenForShutdown(log);
  try {
    const orphans = await reapOrphans(journal.instanceId, runtime);
    if (orphans > 0) log.warn({ orphans }, "ended hooks that a killed predecessor left running");
    const client = new DirectorySync({ apiKey, baseUrl, runtime });
    const source = eventsApiSource(client, events === undefined ? {} : { events });
    const sinks = makeSinks(journal);
    const nowMs = flags.from === "now" ? await serviceNowMs(baseUrl, runtime) : runtime.now();
    const start = parseStartPosition(flags.from, nowMs);
    const position = await journal.bind(source.identity, start);
    const names = sinks.map(({ name }) => name).join(", ");
    log.info({ source: source.identity, sinks: names, state: path, after: tellPosition(position) }, "tailing");
    const consumer = createConsumer({ source, journal, sinks: sinks.map((sink) => ({ sink })), start, runtime });
    return conclude(await consumer.run({ once: flags.once, drain: shutdown.signal }), { flags, context, log });
  } finally {
    shutdown.release();
    await journal.close();
  }
}

/** Where reading really goes on, which is not where `--from` says once the state file has a position. */
function tellPosition({ cursor, start }: { cursor: string | null; start: StartPosition }): string {
  if (cursor !== null) return cursor;
  return start.from === "time" ? start.time : start.from === "event" ? start.id : "start";
}

interface SinkContext {
  readonly context: Context;
  readonly log: Logger;
}

/** Checks everything about the sinks that can be wrong before the state file is touched. */
async function prepareSinks(
  flags: TailFlags,
  { context, log }: SinkContext,
): Promise<(journal: Journal) => readonly Sink[]> {
  const { environment, streams } = context;
  const makers: ((journal: Journal) => Sink)[] = [];
  if (flags.handlers !== undefined) {
    const handlers = await loadHandlers(flags.handlers, cacheFolder(environment));
    makers.push(() => handlersSink(handlers, { log }));
  }
  if (flags.exec !== undefined) {
    const command = splitCommand(flags.exec, "--exec");
    const inherited = hookEnvironment(environment);
    await checkProgram(command[0], inherited["PATH"] ?? "");
    makers.push(({ instanceId }) => commandSink({ command, environment: inherited, instanceId }));
  }
  if (flags.stdout) makers.push(() => stdoutSink(streams.stdout));
  if (makers.length === 0) {
    throw wrongUsage("Nowhere to deliver to. Give at least one of --handlers, --exec and --stdout.");
  }
  return (journal) => makers.map((make) => make(journal));
}

async function checkProgram(program: string, path: string): Promise<void> {
  const places = program.includes("/") ? [program] : path.split(delimiter).map((folder) => join(folder, program));
  for (const place of places) {
    try {
      await access(place, constants.X_OK);
      // A folder is executable as well, in its own way.
      if ((await stat(place)).isFile()) return;
    } catch {
      // Not here; perhaps in the next folder.
    }
  }
  throw new ConfigError(`--exec: ${program} is not an executable file that can be found. Check its name and mode.`, {
    where: "--exec",
  });
}

interface Conclusion {
  readonly flags: TailFlags;
  readonly context: Context;
  readonly log: Logger;
}

function conclude({ received, sinks, isDrained, isComplete }: RunReport, { flags, context, log }: Conclusion): number {
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
  // With --stdout the stream carries events and nothing else.
  if (flags.json && !flags.stdout) createOutput(context, true).json(summary);
  if (sinks.some((sink) => sink.halted !== null)) return exitCodes.sinkHalted;
  // Whoever runs it once relies on 0 to mean that everything there was has been delivered.
  return isDrained && (isComplete || !flags.once) ? exitCodes.done : exitCodes.cutShort;
}
