import { isDirsyncError, type Runtime, SinkError, type SinkVerdict } from "@dirsync/sdk";
import type { LaneItem } from "./lanes.ts";
import type { Failure, Policy, Sink, WorkItem } from "./model.ts";

/** What one try needs besides the event. */
export interface AttemptContext {
  readonly sink: Sink;
  readonly policy: Policy;
  readonly runtime: Runtime;
  readonly epoch: number;
  /** Once this is aborted no try begins. */
  readonly drain: AbortSignal;
  /** Aborted when the process must stop at once. */
  readonly stop: AbortSignal;
}

/** Code of a try that was cut off because the process is stopping. */
export const stoppedCode = "sink_stopped";

/** Code of a try that was on record already when the process began to stop, and was not begun. */
export const notBegunCode = "not_begun";

/** After a try has been cut off, how long the sink may take to end it (a hook gets TERM, then KILL). */
const settleMs = 8_000;

/** Longest failure message that is kept; a hook's output can be long and may hold personal data. */
const messageCharactersMax = 500;

/** Node's timers cannot wait longer, and fire at once when asked to. */
const timerMsMax = 2 ** 31 - 1;

/**
 * Delivers one entry once, and resolves to why it failed or to null. Never rejects.
 *
 * A sink that goes on working after its signal was aborted is left behind after a grace period, and the next try may
 * then overlap with it: code in this process cannot be stopped from outside.
 */
export async function attempt({ lane, item }: LaneItem, context: AttemptContext): Promise<Failure | null> {
  const { sink, policy, runtime, epoch, drain } = context;
  if (item.attempts >= policy.attemptsMax) return spent(item);
  // The disk may have been full for a while between taking the entry and recording it.
  if (drain.aborted) return notBegun();
  const cut = new AbortController();
  const over = new AbortController();
  arm(cut, over.signal, context);
  try {
    cut.signal.throwIfAborted();
    const number = item.attempts + 1;
    const delivery = sink.deliver(item.event, {
      number,
      seq: item.seq,
      epoch,
      lane,
      replay: item.replay,
      signal: cut.signal,
    });
    await Promise.race([delivery, overdue(cut.signal, over.signal, runtime)]);
    return null;
  } catch (error) {
    return describe(error);
  } finally {
    // Without a reason an error with a stack would be made for every try, which is most of what a try costs.
    over.abort(null);
  }
}

/** Cuts the try off when its time is up or the process stops, unless it is over before. */
function arm(cut: AbortController, over: AbortSignal, { sink, policy, runtime, stop }: AttemptContext): void {
  const cutBy = (code: string, what: string): void => {
    const message = `Sink ${sink.name} ${what}; whether it had an effect is unknown.`;
    cut.abort(new SinkError(message, { verdict: "retry", code }));
  };
  const onStop = (): void => cutBy(stoppedCode, "was cut off because the process is stopping");
  if (stop.aborted) onStop();
  else stop.addEventListener("abort", onStop, { once: true, signal: over });
  runtime.sleep(Math.min(policy.timeoutMs, timerMsMax), over).then(
    () => cutBy("sink_timeout", `took longer than ${policy.timeoutMs} ms`),
    () => undefined,
  );
}

/** Rejects some time after the try was cut off, for a sink that does not obey its signal. */
async function overdue(cut: AbortSignal, over: AbortSignal, runtime: Runtime): Promise<never> {
  await new Promise<void>((resolve) => {
    cut.addEventListener("abort", () => resolve(), { once: true, signal: over });
  });
  // Over as soon as the try is, or the process could not end for as long as this lasts.
  await runtime.sleep(settleMs, over);
  throw cut.reason;
}

/** Every try was begun and none ended well: the event, or what it sets off, kills the process. */
function spent({ attempts }: WorkItem): Failure {
  const message = `All ${attempts} tries of this event were begun, and the process ended during the last one.`;
  return { code: "attempts_exhausted", message, verdict: "dead" };
}

function notBegun(): Failure {
  return { code: notBegunCode, message: "The process is stopping; the try was not begun.", verdict: "retry" };
}

function describe(error: unknown): Failure {
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
