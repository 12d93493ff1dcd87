import type { Runtime } from "@dirsync/sdk";
import type { EffectRecord } from "../effect-record.ts";
import type { DispatchJournal } from "../journal/model.ts";
import type { Sink } from "../model.ts";
import type { RunContext } from "./attempt.ts";

/** What a journal can do for a sink beyond recording its tries. */
export type Abilities = Pick<RunContext, "effects" | "apply">;

interface Parts {
  readonly journal: DispatchJournal;
  readonly sink: Sink;
  readonly runtime: Runtime;
}

/** What this one can do. `untilStored` repeats a transaction until the storage takes it. */
export function abilitiesOf(
  { journal, sink, runtime }: Parts,
  untilStored: <T>(transaction: () => Promise<T>) => Promise<T>,
): Abilities {
  const apply = journal.apply?.bind(journal);
  const has = journal.hasEffect?.bind(journal);
  const note = journal.noteEffect?.bind(journal);
  const applier: Abilities =
    apply === undefined ? {} : { apply: (applications) => untilStored(() => apply(sink.name, applications)) };
  if (has === undefined || note === undefined) return applier;
  const effects: EffectRecord = {
    has: (name, key) => has(sink.name, { name, key }),
    note: (name, key) => note(sink.name, { name, key }, runtime.now()),
  };
  return { ...applier, effects };
}
