import {
  createConsumer,
  type DispatchReport,
  type Doorbell,
  eventsApiSource,
  type Journal,
  listsApiSource,
  type RunReport,
  type ScanOptions,
  type StartPosition,
} from "@dirsync/consumer";
import { ConfigError, DirectorySync, type RequestHooks, type Runtime, undiciTransport } from "@dirsync/sdk";
import type { Watcher } from "../health/monitor.ts";
import { isLoopback } from "../loopback.ts";
import { startPosition } from "../settings/start.ts";
import { guardSinks } from "./guard.ts";
import { serviceNowMs } from "./service-clock.ts";
import type { TailPlan } from "./tail-plan.ts";
import { putOffWasmTiering } from "../wasm-tiering.ts";

/** What a turn with one configuration works with, and when it ends. */
export interface Turn {
  readonly journal: Journal;
  readonly runtime: Runtime;
  readonly once: boolean;
  readonly drain: AbortSignal;
  /** True when the service has answered to this configuration before. Default false. */
  readonly hasContact?: boolean;
  /** Null when nobody watches. */
  readonly watcher: Watcher | null;
  /** Told of a sink that takes nothing more before the next turn, by its name. */
  readonly onHalted: (sink: string) => void;
  /** What wakes it up; null when nothing does. */
  readonly doorbell: Doorbell | null;
  /** Called with the log's name once everything is set up. */
  readonly onReady: (source: string) => void;
}

/** Reads and delivers by one configuration. */
export async function follow(
  plan: TailPlan,
  { journal, runtime, once, drain, hasContact = false, watcher, doorbell, onReady, onHalted }: Turn,
): Promise<RunReport> {
  const { configuration, apiKey, makeSinks } = plan;
  const { baseUrl, movedFrom, sourceEvents, poll, drainTimeout, state, sourceRetention, retention } =
    configuration.values;
  const { answerBytesMax, backlogMax, backlogBytesMax } = configuration.values;
  putOffWasmTiering();
  const transport = undiciTransport({ bodyBytesMax: answerBytesMax });
  const client = new DirectorySync({
    apiKey: apiKey(),
    baseUrl,
    hooks: [...(watcher?.hooks ?? []), tellRetries(runtime)],
    runtime,
    transport,
  });
  const part = sourceEvents === undefined ? {} : { events: sourceEvents };
  const source = eventsApiSource(client, { runtime, movedFrom, ...part });
  const { sinks, close: closeGuard } = await guardSinks(makeSinks(journal), configuration, runtime);
  try {
    const start = await startOf(plan, runtime);
    const before = await journal.status();
    const position = await journal.bind(source.identity, start, source.formerIdentity);
    if (before.source !== null && before.source !== source.identity) {
      runtime.log.info(
        { state, from: before.source, to: source.identity },
        "the log has moved, and the state file goes on with it",
      );
    }
    const names = sinks.map(({ sink }) => sink.name).join(", ");
    runtime.log.info({ source: source.identity, sinks: names, state, after: tellPosition(position) }, "tailing");
    if (configuration.origins["from"]?.from === "flag" && isBegun(position, start)) {
      const advice = "for older events once more, see `dirsync replay`, or name a new --state file";
      runtime.log.info({ state }, `--from is for a new state file, and this one goes on where it was; ${advice}`);
    }
    tellUnused(before.sinks, { names: sinks.map(({ sink }) => sink.name), runtime });
    onReady(source.identity);
    watcher?.begin(sinks.map(({ sink }) => sink.name));
    const times = { pollMs: poll, drainTimeoutMs: drainTimeout, retentionMs: sourceRetention, keptMs: retention };
    const limits = { ...times, backlogMax, backlogBytesMax };
    const scan = scanOf(plan, client);
    const waking = { ...(doorbell === null ? {} : { doorbell }), ...(scan === null ? {} : { scan }) };
    const watched = { hasContact, ...(watcher === null ? {} : { onFact: watcher.onFact }) };
    const reading = { source, journal, start, knownEvents: sourceEvents };
    const halting = { onHalted: ({ sink }: DispatchReport) => onHalted(sink) };
    const consumer = createConsumer({ ...reading, sinks, runtime, ...limits, ...waking, ...watched, ...halting });
    return await consumer.run({ once, drain });
  } finally {
    await Promise.all(sinks.map(async ({ sink }) => sink.close?.()));
    closeGuard();
  }
}

/** A service that hangs is asked four times, a minute each, before that counts as a failure: nobody should wonder so long. */
function tellRetries({ log }: Runtime): RequestHooks {
  return {
    onRetry: ({ method, path }, { errorCode, waitMs }) =>
      log.info(
        { request: `${method} ${path}`, code: errorCode, retry_in_ms: waitMs },
        "a request failed; it is sent again",
      ),
  };
}

/** Copies of one process agree at once. */
const skewMsHere = 200;

/** Null where the log is read in part: what it does not say would be taken for something it never said. */
function scanOf({ configuration }: TailPlan, client: DirectorySync): ScanOptions | null {
  const { baseUrl, skew, leaveGaps, reconcileEvery, sourceEvents } = configuration.values;
  if (sourceEvents !== undefined) return null;
  const skewMs = skew ?? (isLoopback(new URL(baseUrl).hostname) ? skewMsHere : undefined);
  return {
    lists: listsApiSource(client),
    onGap: !leaveGaps,
    ...(skewMs === undefined ? {} : { skewMs }),
    ...(reconcileEvery === undefined ? {} : { everyMs: reconcileEvery }),
  };
}

/** What several turns came to, as one: counts of all of them, and the end of the last. */
export function sumOf(reports: readonly RunReport[]): RunReport {
  const last = reports.at(-1);
  const sinks = new Map<string, DispatchReport>();
  for (const { sink, delivered, dead } of reports.flatMap((turn) => turn.sinks)) {
    const before = sinks.get(sink);
    const halted = last?.sinks.find((ended) => ended.sink === sink)?.halted ?? null;
    const sum = { delivered: delivered + (before?.delivered ?? 0), dead: dead + (before?.dead ?? 0) };
    sinks.set(sink, { sink, ...sum, halted });
  }
  return {
    received: reports.reduce((sum, { received }) => sum + received, 0),
    sinks: [...sinks.values()],
    isDrained: last?.isDrained ?? true,
    isComplete: last?.isComplete ?? false,
  };
}

/** Only `now` has to ask the service, for its time. */
async function startOf({ configuration }: TailPlan, runtime: Runtime): Promise<StartPosition> {
  const { from, baseUrl } = configuration.values;
  const nowMs = from === "now" ? await serviceNowMs(baseUrl, runtime) : runtime.now();
  const reading = startPosition(from, nowMs);
  if ("value" in reading) return reading.value;
  throw new ConfigError(`--from ${reading.mistake}`, { where: "--from" });
}

/** A sink that was tried once holds everything after it in the state file: for it, nothing is ever finished. */
function tellUnused(
  known: readonly { readonly name: string }[],
  { names, runtime }: { readonly names: readonly string[]; readonly runtime: Runtime },
): void {
  const unused = known.map(({ name }) => name).filter((name) => !names.includes(name));
  if (names.length === 0 || unused.length === 0) return;
  const message =
    "everything is kept for sinks that are not configured; `dirsync purge --sink` forgets one that is no longer used";
  runtime.log.warn({ unused: unused.join(", ") }, message);
}

/** True when a position that the state file had counts, and not the one that was asked for. */
function isBegun({ cursor, start }: { cursor: string | null; start: StartPosition }, asked: StartPosition): boolean {
  return cursor !== null || JSON.stringify(start) !== JSON.stringify(asked);
}

/** Where reading really goes on, which is not where `--from` says once the state file has a position. */
function tellPosition({ cursor, start }: { cursor: string | null; start: StartPosition }): string {
  if (cursor !== null) return cursor;
  return start.from === "time" ? start.time : start.from === "event" ? start.id : "start";
}
