/** What is said about findings: what was done, what it means, and what is typically wrong. */
import type { Fault, FaultKind, Finding, Trace, Verdict } from "./model.ts";

/** A verdict as a heading. */
export const verdictWords: Readonly<Record<Verdict, string>> = {
  lost: "LOST",
  duplicated: "DUPLICATED",
  out_of_order: "OUT OF ORDER",
  fails: "FAILS FOR GOOD",
  hangs: "HANGS",
  exits: "ENDS THE PROCESS",
  late: "GOES ON AFTER ITS PROMISE",
  unhandled: "ERROR THAT NOBODY CATCHES",
  ignores_abort: "IGNORES ITS SIGNAL",
};

/** What a fault does, in the words of a table's cell. */
export function describeFault(fault: Fault, trace: Trace | undefined): string {
  switch (fault.kind) {
    case "again":
      return "delivered twice";
    case "crash_after":
      return fault.span === 1
        ? "killed when it had resolved; delivered again"
        : `killed when it had resolved; the last ${fault.span} events delivered again`;
    case "crash_inside":
      return `killed ${describePoint(fault.point, trace)}; delivered again`;
    case "cut_off":
      return `signal aborted ${describePoint(fault.point, trace)}; delivered again if it rejects`;
    case "refuse":
      return `effect ${fault.effect} fails${nameOf(fault.effect, trace)}; delivered again if it rejects`;
    case "restart":
      return "killed when it was on record; not delivered again";
    case "overtake":
      return `delivered before event ${fault.beside}`;
    case "together":
      return `begun together with event ${fault.beside}`;
    case "redrive":
      return "a dead letter at first; delivered last";
    default:
      return fault satisfies never;
  }
}

/** What is typically wrong where this is found. */
export function adviceFor({ verdict, plan, trouble }: Finding): string {
  const kinds = new Set(plan.faults.map(({ kind }) => kind));
  if (trouble !== null) return troubleAdvice(verdict, kinds);
  const has = (...some: readonly FaultKind[]): boolean => some.some((kind) => kinds.has(kind));
  if (has("redrive")) return advice.redrive;
  if (has("overtake", "together")) return advice.order;
  if (has("refuse", "cut_off")) return verdict === "lost" ? advice.swallowed : advice.halfDone;
  if (has("restart")) return advice.memory;
  if (has("crash_inside")) return verdict === "lost" ? advice.halfLost : advice.halfDone;
  return advice.repetition;
}

const advice = {
  repetition:
    "The handler adds to what is there instead of saying what should be: a counter, an append, an insert without a key. Write by the event's or the object's id (INSERT … ON CONFLICT DO UPDATE), or remember event.id in the same transaction as the effect.",
  order:
    "The handler relies on the order of events of different lanes, which no tail promises. Key what you store by the directory user's id, not by an e-mail address, and let each directory have rows of its own.",
  redrive:
    "The handler needs an event that came late, because it was a dead letter for a while: a membership before its user, an update before its group. Store what the event itself says (it carries the user and the group), or throw so that it is tried again, and compare attempt.seq with the one you stored before overwriting newer data.",
  swallowed:
    "The handler resolved although its effect had failed: the error was caught and not thrown again, or a promise was not awaited. Let it reject; the event is then tried again.",
  memory:
    "The handler resolved before its effect was durable: it is kept in memory, in a buffer, or written after the promise resolved. Await the write, and keep no state that dies with the process.",
  halfLost:
    "The process died in the middle of the handler, and the second try did not do the rest: what the first effect left behind was taken for the whole. Do all effects in one transaction, the mark that it is done last.",
  halfDone:
    "The process died, or an effect failed, in the middle of the handler, and the second try did the first effects once more. Make each effect idempotent by the event's id, or do all of them in one transaction.",
  failsAgain:
    "The handler cannot take an event whose effect is there already, mostly an INSERT that fails on a duplicate. In production it is tried twelve times and then becomes a dead letter. Use ON CONFLICT DO UPDATE (or DO NOTHING), and let deleting what is gone succeed.",
} as const;

function troubleAdvice(verdict: Verdict, kinds: ReadonlySet<FaultKind>): string {
  switch (verdict) {
    case "fails":
      if (kinds.size === 0) return "The handler rejects an ordinary event, with nothing injected. Mend that first.";
      return kinds.has("redrive") || kinds.has("overtake") ? advice.redrive : advice.failsAgain;
    case "hangs":
      return "The handler's promise does not settle. Its lane stands still meanwhile. Give everything that waits a time limit, and pass context.signal on to it.";
    case "exits":
      return "The handler ends the process it runs in, and with it every other event under way. Throw instead.";
    case "late":
      return "The handler does something after its promise has resolved, mostly because a promise is not awaited. The event is on record by then: if the process dies, the effect is lost for good.";
    case "unhandled":
      return "A promise rejects and nobody waits for it. `dirsync tail` ends when that happens. Await it.";
    case "ignores_abort":
      return "The handler goes on after its signal was aborted, so that the next try overlaps with it. Pass context.signal on to whatever it waits for.";
    case "lost":
    case "duplicated":
    case "out_of_order":
      return advice.repetition;
    default:
      return verdict satisfies never;
  }
}

function describePoint({ on, number }: { readonly on: string; readonly number: number }, trace?: Trace): string {
  if (number === 0) return "while it waits for the first time";
  return on === "effect" ? `after effect ${number}${nameOf(number, trace)}` : `at its await number ${number}`;
}

function nameOf(effect: number, trace: Trace | undefined): string {
  const name = trace?.effects[effect - 1];
  return name === undefined ? "" : ` (${name})`;
}
