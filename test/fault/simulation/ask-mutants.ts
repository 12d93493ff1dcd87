/** Broken consumers that get wrong what is kept back, left out, or asked for once more. */
import type { Journal } from "@dirsync/consumer";
import { intercepted, type Mutant } from "./mutant.ts";

/** The name of such a consumer. */
export type AskMutantName =
  | "goes on behind a dead letter"
  | "forgets what is parked"
  | "drops what its filter fails on"
  | "has no filters"
  | "has effects again"
  | "calls no replay by its name"
  | "replays the newest first"
  | "replays more than was asked for";

/** Every one of them. */
export const askMutants: Readonly<Record<AskMutantName, Mutant>> = {
  "goes on behind a dead letter": {
    policy: (policy) => (policy.onDeadLetter === "park" ? { ...policy, onDeadLetter: "continue" } : policy),
    breaks: ["I10"],
  },
  "forgets what is parked": {
    journal: (journal) =>
      intercepted(journal, {
        kept: async (...given) => (await journal.kept(...given)).filter(({ isParked }) => !isParked),
      }),
    breaks: ["I6", "I10", "I26"],
  },
  "drops what its filter fails on": {
    wants: (wants) => (event) => {
      try {
        return wants(event);
      } catch {
        return false;
      }
    },
    breaks: ["I1", "I3"],
  },
  "has no filters": { wants: () => () => true, breaks: ["I2"] },
  "has effects again": {
    shownFrom: 33,
    journal: (journal) => intercepted(journal, { hasEffect: () => Promise.resolve(false) }),
    breaks: ["I5"],
  },
  "calls no replay by its name": {
    shownFrom: 33,
    journal: (journal) => withRead(journal, (items) => items.map((item) => ({ ...item, replay: false }))),
    breaks: ["I2"],
  },
  "replays the newest first": {
    shownFrom: 100_008,
    journal: (journal) =>
      withRead(journal, (items) => [
        ...items.filter(({ replay }) => replay).reverse(),
        ...items.filter(({ replay }) => !replay),
      ]),
    breaks: ["I6"],
  },
  "replays more than was asked for": {
    selection: ({ fromSeq = 1 }) => ({ fromSeq: Math.max(1, fromSeq - 1) }),
    breaks: ["I2"],
  },
};

type Items = Awaited<ReturnType<Journal["read"]>>;

function withRead(journal: Journal, change: (items: Items) => Items): Journal {
  return intercepted(journal, { read: async (...given) => change(await journal.read(...given)) });
}
