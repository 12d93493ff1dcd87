/**
 * Consumers that are broken on purpose, each as somebody might have written it. They are made around the parts a consumer
 * is put together from, so that the product knows nothing of them. The judge must condemn every one.
 */
import { type EventSource, type Journal, laneBy } from "@dirsync/consumer";
import { ApiError, type DirectoryEvent, isDirsyncError } from "@dirsync/sdk";
import { type AskMutantName, askMutants } from "./ask-mutants.ts";
import { type Finished, intercepted, type Mutant, type Step, type Surroundings, withStep } from "./mutant.ts";
import { type RunMutantName, runMutants } from "./run-mutants.ts";

/** The name of a broken consumer. */
export type MutantName =
  | "commits before the effect"
  | "marks every tenth event only"
  | "counts attempts after they end"
  | "writes although it was replaced"
  | "reads on although it was replaced"
  | "buries and marks in two transactions"
  | "drops what fails for good"
  | "forgets what is done above the mark"
  | "drains without a commit"
  | "knows no lanes"
  | "forgets redriven letters"
  | "redrives what was overtaken"
  | "lets others pass what waits for its next try"
  | "takes any refusal for a position that has expired"
  | "ignores Retry-After"
  | "never waits"
  | RunMutantName
  | AskMutantName;

/** Every broken consumer. */
export const mutants: Readonly<Record<MutantName, Mutant>> = {
  "commits before the effect": {
    journal: (journal) => withStep(journal, (sink, step) => journal.step(sink, committedAtOnce(step))),
    breaks: ["I1", "I3"],
  },
  "marks every tenth event only": {
    journal: (journal) =>
      withStep(journal, (sink, step) => {
        const lowSeq = step.lowSeq - (step.lowSeq % 10);
        return journal.step(sink, {
          ...step,
          lowSeq,
          finished: step.finished.filter(({ result }) => result !== "delivered"),
        });
      }),
    breaks: ["I5", "I6", "I26"],
  },
  "counts attempts after they end": {
    journal: (journal) =>
      withStep(journal, async (sink, step) => {
        const ended = step.finished.map(({ seq }) => seq);
        if (ended.length > 0) await journal.step(sink, { ...step, finished: [], started: ended, lowSeq: 0 });
        await journal.step(sink, { ...step, started: [] });
      }),
    breaks: ["I8"],
  },
  "writes although it was replaced": {
    journal: (journal, { holder }) => unfenced(journal, holder, ["step", "addSink"]),
    breaks: ["I3", "I5", "I7"],
  },
  "reads on although it was replaced": {
    journal: (journal, { holder }) => {
      const fenceless = unfenced(journal, holder, ["append", "bind", "move", "markCaughtUp"]);
      return intercepted(fenceless, {
        append: async (page) => {
          const { cursor } = await journal.status();
          return fenceless.append({ ...page, expectedCursor: cursor });
        },
      });
    },
    breaks: ["I4", "I7", "I17"],
  },
  "buries and marks in two transactions": {
    journal: (journal, { crashPoint }) =>
      withStep(journal, async (sink, step) => {
        const dead = step.finished.filter(({ result }) => result === "dead");
        if (dead.length === 0) return journal.step(sink, step);
        await journal.step(sink, { ...step, finished: step.finished.filter(({ result }) => result !== "dead") });
        await crashPoint();
        await journal.step(sink, { ...step, finished: dead, started: [] });
      }),
    breaks: ["I1", "I3"],
  },
  "drops what fails for good": {
    journal: (journal) =>
      withStep(journal, (sink, step) => {
        const finished: Finished = step.finished.map((outcome) =>
          outcome.result === "dead" ? { seq: outcome.seq, result: "skipped" } : outcome,
        );
        return journal.step(sink, { ...step, finished });
      }),
    breaks: ["I1", "I3"],
  },
  "forgets what is done above the mark": {
    journal: (journal) =>
      intercepted(journal, { addSink: async (name) => ({ ...(await journal.addSink(name)), finishedAbove: [] }) }),
    breaks: ["I26"],
  },
  "drains without a commit": {
    shownFrom: 34,
    journal: (journal, { isDraining, holder }) =>
      withStep(journal, async (sink, step) => {
        // One that was replaced is refused as it should be.
        if (!isDraining() || holder() !== journal) await journal.step(sink, step);
      }),
    breaks: ["I5"],
  },
  "knows no lanes": { policy: (policy) => ({ ...policy, locks: laneBy.none }), breaks: ["I6"] },
  "forgets redriven letters": {
    journal: (journal) =>
      intercepted(journal, {
        read: async (sink, afterSeq, limit) => {
          const { sinks } = await journal.status();
          const lowSeq = sinks.find(({ name }) => name === sink)?.lowSeq ?? 0;
          return journal.read(sink, Math.max(afterSeq, lowSeq), limit);
        },
      }),
    breaks: ["I26", "I1"],
  },
  "redrives what was overtaken": { shownFrom: 22, redriveForced: true, breaks: ["I10"] },
  "lets others pass what waits for its next try": {
    journal: withoutTurns,
    policy: (policy) => ({
      ...policy,
      locks: (event) => (waiting.has(event) ? laneBy.none(event) : policy.locks(event)),
    }),
    breaks: ["I6"],
  },
  "takes any refusal for a position that has expired": {
    shownFrom: 81,
    source: forgetful,
    breaks: ["I1", "I2", "I17"],
  },
  "ignores Retry-After": {
    transport: (transport) => async (request, signal) => {
      const response = await transport(request, signal);
      const { "retry-after": _dropped, ...headers } = response.headers;
      return { ...response, headers };
    },
    breaks: ["I15"],
  },
  "never waits": {
    runtime: (runtime) => ({ ...runtime, sleep: (ms, signal) => runtime.sleep(Math.min(ms, 100), signal) }),
    breaks: ["I15"],
  },
  ...runMutants,
  ...askMutants,
};

/** A journal that does not mind who writes: what the file refuses is written by whoever holds it. */
function unfenced(journal: Journal, holder: () => Journal | null, methods: readonly (keyof Journal)[]): Journal {
  const replaced = methods.map((name) => {
    const method = async (...given: unknown[]): Promise<unknown> => {
      try {
        return await call(journal, name, given);
      } catch (error) {
        const other = holder();
        if (!isDirsyncError(error) || error.code !== "fenced" || other === null) throw error;
        return call(other, name, given);
      }
    };
    return [name, method];
  });
  return intercepted(journal, Object.fromEntries(replaced) as Partial<Journal>);
}

function call(journal: Journal, name: keyof Journal, given: readonly unknown[]): unknown {
  const method: unknown = Reflect.get(journal, name);
  return typeof method === "function" ? Reflect.apply(method, journal, given) : undefined;
}

/** Events that failed and are to be tried again. */
const waiting = new WeakSet<DirectoryEvent>();

/** A journal that has everything read again after a failure, with what is to be tried again in `waiting`. */
function withoutTurns(journal: Journal): Journal {
  let failures = 0;
  return intercepted(journal, {
    requests: async (sink) => failures + (await journal.requests(sink)),
    read: async (sink, afterSeq, limit) => {
      const items = await journal.read(sink, afterSeq, limit);
      for (const { event, attempts } of items) if (attempts > 0) waiting.add(event);
      return items;
    },
    step: async (sink, step) => {
      failures += step.finished.filter(({ result }) => result === "retry").length;
      await journal.step(sink, step);
    },
  });
}

const refusals: ReadonlySet<number> = new Set([400, 404, 409, 410, 422]);

/** A source that has lost its position whenever a request is refused, and goes on with what happens from then on. */
function forgetful(source: EventSource, { now }: Surroundings): EventSource {
  const lostAt = new Map<string, string>();
  return {
    identity: source.identity,
    read: async (after, start, signal) => {
      try {
        const time = lostAt.get(after ?? "");
        return await (time === undefined
          ? source.read(after, start, signal)
          : source.read(null, { from: "time", time }, signal));
      } catch (error) {
        if (after === null || !(error instanceof ApiError) || !refusals.has(error.status)) throw error;
        lostAt.set(after, new Date(now()).toISOString());
        return { events: [], hasMore: false };
      }
    },
  };
}

/** Everything that begins counts as delivered already. */
function committedAtOnce(step: Step): Step {
  const begun: Finished = step.started.map((seq) => ({ seq, result: "delivered" }));
  const seqs = new Set(step.started);
  let { lowSeq } = step;
  while (seqs.has(lowSeq + 1)) lowSeq += 1;
  return { ...step, started: [], finished: [...step.finished, ...begun], lowSeq };
}
