import { decisionsOf, type GuardOptions, guardSink, recentLosses, type SinkBinding } from "@dirsync/consumer";
import type { Runtime } from "@dirsync/sdk";
import type { Configuration } from "../settings/load.ts";
import { openSqlite, type SqliteFile } from "../sqlite.ts";

/** The sinks of a turn, guarded where that is configured, and what to close after it. */
export interface GuardedSinks {
  readonly sinks: readonly SinkBinding[];
  readonly close: () => void;
}

/** Puts the guard of the configuration in front of sinks. Without one they are as they were. */
export async function guardSinks(
  bindings: readonly SinkBinding[],
  { values }: Configuration,
  runtime: Runtime,
): Promise<GuardedSinks> {
  const { guard, state } = values;
  if (guard === undefined) return { sinks: bindings, close: () => undefined };
  const { windowMs } = guard;
  const losses = await Promise.all(
    bindings.map(async ({ sink: { name } }) => recentLosses(state, { sink: name, windowMs })),
  );
  const database = openSqlite(state, { readonly: true });
  const countUsers = userCounter(database);
  const onBurst = (directoryId: string, people: number): void => {
    const told = { directory: directoryId, people };
    runtime.log.error(told, "a burst of people losing access is held until a person has decided; see: dirsync approve");
  };
  const sinks = bindings.map((binding, index) => {
    const passed = losses[index] ?? [];
    const decisions = decisionsOf(database, binding.sink.name);
    return { ...binding, sink: guardSink(binding.sink, { ...guard, countUsers, passed, decisions, onBurst }) };
  });
  return { sinks, close: () => void database.close() };
}

function userCounter(database: SqliteFile): GuardOptions["countUsers"] {
  // Counting all of a large directory takes seconds, in which nothing else is done.
  const count = database
    .prepare<[string, number], number>("SELECT count(*) FROM (SELECT 1 FROM users WHERE directory_id = ? LIMIT ?)")
    .pluck();
  return (directoryId, most) => count.get(directoryId, most) ?? 0;
}
