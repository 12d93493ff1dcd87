import { isDirsyncError, type Runtime, SinkError, type SinkVerdict } from "@dirsync/sdk";
import type { LaneItem } from "./lanes.ts";
import type { Failure, Outcome, Policy, Sink } from "./model.ts";
import { withJitter } from "./policy.ts";

/** What one try needs besides the event. */
export interface AttemptContext {
  readonly sink: Sink;
  readonly policy: Policy;
  readonly runtime: Runtime;
  readonly epoch: number;
  /** Aborted when the process must stop at once. */
  readonly stop: AbortSignal;
}

/** After a try has been cut off, how long the sink may take to end it (a hook gets TERM, then KILL). */
const settleMs = 8_000;

/** Longest failure message that is kept; a hook's output can be long and may hold personal data. */
const messageCharactersMax = 500;

/** Delivers one entry once. Never rejects: what went wrong is in the outcome. */
export async function attempt({ lane, item }: LaneItem, context: AttemptContext): Promise<Outcome> {
  const { sink, policy, runtime, epoch } = context;
  const number = item.attempts + 1;
  const cut = new AbortController();
  const disarm = arm(cut, context);
  try {
    const delivery = sink.deliver(item.event, { number, seq: item.seq, epoch, lane, signal: cut.signal });
    await Promise.race([delivery, overdue(cut.signal, runtime)]);
    return { seq: item.seq, result: "delivered" };
  } catch (error) {
    const failure = describe(error);
    if (failure.verdict === "dead" || (failure.verdict === "retry" && number >= policy.attemptsMax)) {
      return { seq: item.seq, result: "dead", failure };
    }
    const delayMs = withJitter(policy.delayMs(number), runtime.random());
    return { seq: item.seq, result: "retry", nextAtMs: runtime.now() + delayMs, failure };
  } finally {
    disarm();
  }
}

/** Cuts the try off when its time is up or the process stops. Returns what undoes it. */
function arm(cut: AbortController, { sink, policy, runtime, stop }: AttemptContext): () => void {
  const over = new AbortController();
  const cutBy = (code: string, what: string): void => {
    cut.abort(
      new SinkError(`Sink ${sink.name} ${what}; whether it had an effect is unknown.`, { verdict: "retry", code }),
    );
  };
  const onStop = (): void => cutBy("sink_stopped", "was cut off because the process is stopping");
  stop.addEventListener("abort", onStop, { once: true });
  runtime.sleep(policy.timeoutMs, over.signal).then(
    () => cutBy("sink_timeout", `took longer than ${policy.timeoutMs} ms`),
    () => undefined,
  );
  return () => {
    over.abort();
    stop.removeEventListener("abort", onStop);
  };
}

/** Rejects some time after the try was cut off, for a sink that does not obey its signal. */
async function overdue(signal: AbortSignal, runtime: Runtime): Promise<never> {
  await new Promise<void>((resolve) => {
    signal.addEventListener("abort", () => resolve(), { once: true });
  });
  await runtime.sleep(settleMs);
  throw signal.reason;
}

function describe(error: unknown): Failure {
  const code = isDirsyncError(error) ? error.code : error instanceof Error ? error.name : "unknown";
  const message = error instanceof Error ? error.message : String(error);
  return { code, message: message.slice(0, messageCharactersMax), verdict: verdictOf(error) };
}

function verdictOf(error: unknown): SinkVerdict {
  // By brand and property, because a handler may have its own copy of the SDK.
  return isDirsyncError(error) && "verdict" in error ? (error as SinkError).verdict : "retry";
}
