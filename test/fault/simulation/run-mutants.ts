/** Broken consumers that get wrong what may go together: runs, batches, lanes. */
import { type Journal, laneBy } from "@dirsync/consumer";
import type { DirectoryEvent } from "@dirsync/sdk";
import { type Finished, intercepted, type Mutant, type Step, type Surroundings, withStep } from "./mutant.ts";

/** The name of such a consumer. */
export type RunMutantName =
  | "commits a run before its last event"
  | "takes a batch that failed for delivered"
  | "orders a membership by its user only"
  | "takes a membership for one of no organization"
  | "applies and marks in two transactions";

/** Every one of them. */
export const runMutants: Readonly<Record<RunMutantName, Mutant>> = {
  "commits a run before its last event": { journal: hasty, breaks: ["I1", "I3"] },
  "takes a batch that failed for delivered": {
    sink: (sink) => {
      const { deliverBatch } = sink;
      if (deliverBatch === undefined) return sink;
      return { ...sink, deliverBatch: (...given) => deliverBatch(...given).catch(() => undefined) };
    },
    breaks: ["I1", "I3"],
  },
  "orders a membership by its user only": {
    policy: (policy) => {
      if (policy.locks !== laneBy.user) return policy;
      const locks: typeof policy.locks = (event) => {
        const all = policy.locks(event);
        return isMembership(event) ? { ...all, shared: all.shared.filter((key) => !key.startsWith("group:")) } : all;
      };
      return { ...policy, locks };
    },
    breaks: ["I6"],
  },
  "takes a membership for one of no organization": {
    policy: (policy) => {
      if (policy.locks !== laneBy.organization) return policy;
      const locks: typeof policy.locks = (event) => {
        const { exclusive } = isMembership(event) ? laneBy.directory(event) : policy.locks(event);
        return { exclusive, shared: [] };
      };
      return { ...policy, locks };
    },
    breaks: ["I6"],
  },
  "applies and marks in two transactions": { shownFrom: 73, journal: apart, breaks: ["I5"] },
};

function isMembership({ event }: DirectoryEvent): boolean {
  return event.startsWith("dsync.group.user_");
}

/** A journal that lets a sink have its effects first, and marks them in a transaction after that. */
function apart(journal: Journal, { crashPoint }: Surroundings): Journal {
  return intercepted(journal, {
    apply: async (sink, applications) => {
      // A place that no event has.
      const unmarked = applications.map(({ work }) => ({ seq: -1, work }));
      const applied = await journal.apply?.(sink, unmarked);
      const had = applications.slice(0, applied?.count ?? 0).map(({ seq }) => ({ seq, work: () => undefined }));
      await crashPoint();
      await journal.apply?.(sink, had);
      return applied ?? { count: 0, thrown: null };
    },
  });
}

/** A journal that takes all of what began together for delivered as soon as one of it is. */
function hasty(journal: Journal): Journal {
  const together = new Map<string, readonly number[]>();
  return withStep(journal, async (sink, step) => {
    const known = new Set(step.finished.map(({ seq }) => seq));
    const delivered = step.finished.filter(({ result }) => result === "delivered");
    const early = new Set(delivered.flatMap(({ seq }) => together.get(`${sink} ${seq}`) ?? []));
    for (const seq of known) early.delete(seq);
    for (const seq of step.started) together.set(`${sink} ${seq}`, step.started);
    await journal.step(sink, withDelivered(step, early));
  });
}

function withDelivered(step: Step, seqs: ReadonlySet<number>): Step {
  const more: Finished = [...seqs].map((seq) => ({ seq, result: "delivered" }));
  let { lowSeq } = step;
  while (seqs.has(lowSeq + 1)) lowSeq += 1;
  return { ...step, finished: [...step.finished, ...more], lowSeq };
}
