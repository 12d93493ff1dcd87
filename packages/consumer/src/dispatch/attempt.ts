/**
 * The tries of one run: one event after the other, or all of them as a batch. The first failure ends the run, and what
 * is behind it was begun on record but not tried.
 */
import { isDirsyncError, type Runtime, type SinkError, type SinkVerdict } from "@dirsync/sdk";
import type { EffectRecord } from "../effect-record.ts";
import type { HandlerDatabase } from "../handler-database.ts";
import type { Application, Applied, DispatchJournal } from "../journal/model.ts";
import { withSignal } from "./cut-off.ts";
import type { LaneItem } from "./lanes.ts";
import type { Attempt, Failure, Policy, Sink, WorkItem } from "../model.ts";
import { TimeLimit, type TimeLimits } from "./time-limit.ts";

export { stoppedCode } from "./time-limit.ts";

/** What a run needs besides its events: the same for all runs of a sink. */
export interface RunContext {
  readonly journal: Pick<DispatchJournal, "epoch">;
  readonly sink: Sink;
  readonly policy: Policy;
  readonly runtime: Runtime;
  /** The sink's, for all of its runs. */
  readonly limits: TimeLimits;
  readonly effects?: EffectRecord;
  /** Runs what a sink does inside the journal's transaction; such a sink cannot do without. */
  readonly apply?: (applications: readonly Application[]) => Promise<Applied>;
  /** False once no try may begin any more. */
  readonly mayBegin: () => boolean;
  /** Takes what has ended, in order: all of it before the run resolves, and some of it earlier. */
  readonly report: (ended: readonly Ended[]) => void;
}

/** How the try of one entry ended. */
export interface Ended {
  readonly taken: LaneItem;
  /** Null when the sink took the event. */
  readonly failure: Failure | null;
}

/** Code of a try that was on record already and was not begun. */
export const notBegunCode = "not_begun";

/**
 * What has ended is reported at least this often while more of a slow run is to come: it is what a crash would repeat.
 * Events that take less share a transaction.
 */
const reportEveryMs = 50;

/** Longest failure message that is kept; a hook's output can be long and may hold personal data. */
const messageCharactersMax = 500;

/**
 * Delivers a run and reports how each of its entries ended. Never rejects.
 *
 * A sink that goes on working after its signal was aborted is left behind after a grace period, and the next try may
 * then overlap with it: code in this process cannot be stopped from outside.
 */
export async function deliverRun(run: readonly LaneItem[], context: RunContext): Promise<void> {
  const { sink, policy, mayBegin, report } = context;
  const spent = run.filter(({ item }) => item.attempts >= policy.attemptsMax);
  if (spent.length > 0) report(spent.map((taken) => ({ taken, failure: spentFailure(taken.item) })));
  const tried = spent.length > 0 ? run.filter((taken) => !spent.includes(taken)) : run;
  // The disk may have been full for a while between taking the entries and recording it.
  if (!mayBegin()) return report(notBegun(tried));
  const limit = new TimeLimit(context.limits);
  try {
    if (sink.apply !== undefined && context.apply !== undefined) await applyAll(tried, limit, context);
    else if (sink.deliverBatch !== undefined && tried.length > 1) await deliverAll(tried, limit, context);
    else await deliverEach(tried, limit, context);
  } finally {
    limit.end();
  }
}

async function deliverEach(run: readonly LaneItem[], limit: TimeLimit, context: RunContext): Promise<void> {
  const { runtime, mayBegin, report } = context;
  let ended: Ended[] = [];
  let reportedAtMs = runtime.now();
  for (const [index, taken] of run.entries()) {
    // A try that was cut off may have succeeded all the same, but it has used up the signal.
    if (!mayBegin() || limit.isCut) return report([...ended, ...notBegun(run.slice(index))]);
    const failure = await deliverOne(taken, limit, context);
    ended.push({ taken, failure });
    if (failure !== null) return report([...ended, ...notBegun(run.slice(index + 1))]);
    const nowMs = runtime.now();
    if (nowMs - reportedAtMs < reportEveryMs) continue;
    report(ended);
    ended = [];
    reportedAtMs = nowMs;
  }
  report(ended);
}

async function deliverOne(taken: LaneItem, limit: TimeLimit, context: RunContext): Promise<Failure | null> {
  try {
    limit.begin();
    await limit.hold(context.sink.deliver(taken.item.event, attemptOf(taken, context, limit)));
    return null;
  } catch (error) {
    return describeFailure(error);
  }
}

async function applyAll(run: readonly LaneItem[], limit: TimeLimit, context: RunContext): Promise<void> {
  const { sink, apply, report } = context;
  const applications = run.map((taken) => ({
    seq: taken.item.seq,
    work: (database: HandlerDatabase) => sink.apply?.(taken.item.event, attemptOf(taken, context, limit), database),
  }));
  try {
    limit.begin();
    const applied = await apply?.(applications);
    const thrown = applied?.thrown ?? null;
    report(batchEnds(run, thrown === null ? null : describeFailure(thrown.error), applied?.count ?? 0));
  } catch (error) {
    // The transaction did not come about, and neither did anything in it.
    const failure = describeFailure(error);
    report(run.map((taken) => ({ taken, failure })));
  }
}

async function deliverAll(run: readonly LaneItem[], limit: TimeLimit, context: RunContext): Promise<void> {
  let deliveredCount: number | null = null;
  const failure = await failureOf(async () => {
    limit.begin();
    const entries = run.map((taken) => ({
      event: taken.item.event,
      attempt: attemptOf(taken, context, limit),
    }));
    try {
      await limit.hold(context.sink.deliverBatch?.(entries, limit.signal) ?? Promise.resolve());
    } catch (error) {
      deliveredCount = deliveredCountOf(error, run.length);
      throw error;
    }
  });
  context.report(batchEnds(run, failure, deliveredCount));
}

/** What a batch's answer says of each of its entries. */
function batchEnds(run: readonly LaneItem[], failure: Failure | null, deliveredCount: number | null): Ended[] {
  if (failure !== null && deliveredCount === null) {
    // Nobody knows which of them it was: all have had a try, and from now on each goes alone.
    const shared: Failure = { ...failure, verdict: failure.verdict === "dead" ? "retry" : failure.verdict };
    return run.map((taken) => ({ taken, failure: shared }));
  }
  const count = failure === null ? run.length : (deliveredCount ?? 0);
  const ended: Ended[] = run.slice(0, count).map((taken) => ({ taken, failure: null }));
  const [failed, ...behind] = run.slice(count);
  if (failed !== undefined) ended.push({ taken: failed, failure });
  return [...ended, ...notBegun(behind)];
}

/** Null when the error does not say, or says what cannot be. */
function deliveredCountOf(error: unknown, max: number): number | null {
  if (!isDirsyncError(error) || !("deliveredCount" in error)) return null;
  const count = Number(error.deliveredCount);
  return Number.isInteger(count) && count >= 0 && count <= max ? count : null;
}

/** An attempt while it is put together: copied from one object into another, it would cost ten times as much. */
type Draft = { -readonly [K in keyof Omit<Attempt, "signal" | "cut">]: Attempt[K] } & { readonly cut: TimeLimit };

function attemptOf({ lane, item }: LaneItem, { journal, effects }: RunContext, limit: TimeLimit): Attempt {
  const { attempts, seq, replay, redriven, synthetic, late } = item;
  const draft: Draft = { number: attempts + 1, seq, epoch: journal.epoch, lane, replay, cut: limit };
  if (redriven !== undefined) draft.redriven = redriven;
  if (synthetic !== undefined) draft.synthetic = synthetic;
  if (late !== undefined) draft.late = late;
  if (effects !== undefined) draft.effects = effects;
  return withSignal(draft);
}

async function failureOf(work: () => Promise<void>): Promise<Failure | null> {
  try {
    await work();
    return null;
  } catch (error) {
    return describeFailure(error);
  }
}

/** Every try was begun and none ended well: the event, or what it sets off, kills the process. */
function spentFailure({ attempts }: WorkItem): Failure {
  const message = `All ${attempts} tries of this event were begun, and the process ended during the last one.`;
  return { code: "attempts_exhausted", message, verdict: "dead" };
}

function notBegun(run: readonly LaneItem[]): Ended[] {
  const failure: Failure = { code: notBegunCode, message: "The try was not begun.", verdict: "retry" };
  return run.map((taken) => ({ taken, failure }));
}

/** Why a try failed, from what it was rejected with. */
export function describeFailure(error: unknown): Failure {
  const code = isDirsyncError(error) ? error.code : error instanceof Error ? error.name : "unknown";
  const message = error instanceof Error ? error.message : String(error);
  const failure = { code, message: message.slice(0, messageCharactersMax), verdict: verdictOf(error) };
  const retryAfterMs = isDirsyncError(error) ? (error as Partial<SinkError>).retryAfterMs : undefined;
  return Number.isFinite(retryAfterMs) ? { ...failure, retryAfterMs: Number(retryAfterMs) } : failure;
}

function verdictOf(error: unknown): SinkVerdict {
  // By brand and property, because a handler may have its own copy of the SDK.
  return isDirsyncError(error) && "verdict" in error ? (error as SinkError).verdict : "retry";
}
