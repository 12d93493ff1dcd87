import { StateError } from "@dirsync/sdk";
import type { ControlledTransaction, Kysely } from "kysely";
import type { Tables } from "./tables.ts";

/**
 * Many changes, one fsync. A change that arrives is queued; at the end of the event-loop turn everything queued runs,
 * one after the other, inside one transaction with a savepoint each. A change that fails is rolled back to its
 * savepoint and takes no other with it. Nobody is answered before the commit: not the changes that worked, because
 * they are not durable yet, and not those that failed either, because what they failed on may be one of the others.
 */
export interface GroupCommit {
  run<T>(work: (transaction: Kysely<Tables>) => Promise<T>): Promise<T>;
  /** Resolves when nothing is queued or under way. */
  idle(): Promise<void>;
}

// Bounds how long the first change of a batch waits for the last one.
const batchChangesMax = 256;

// A queue of this length is many seconds of work: better to say so than to let every caller time out.
const queuedChangesMax = 10_000;

interface Job {
  /** Runs the change and returns what to do once the batch is durable. */
  attempt(transaction: ControlledTransaction<Tables>): Promise<() => void>;
  reject(error: unknown): void;
}

/** `translate` turns the database's own errors into ours. */
export function createGroupCommit(db: Kysely<Tables>, translate: (error: unknown) => Error): GroupCommit {
  let queue: Job[] = [];
  let flushing: Promise<void> | null = null;

  function schedule(): void {
    flushing = endOfTurn().then(flush);
  }

  async function flush(): Promise<void> {
    while (queue.length > 0) {
      const batch = queue.slice(0, batchChangesMax);
      queue = queue.slice(batchChangesMax);
      await commit(db, batch);
    }
    flushing = null;
  }

  return {
    run: (work) =>
      new Promise((resolve, reject) => {
        if (queue.length >= queuedChangesMax) {
          reject(new StateError("Too many changes are waiting to be written; try again later.", { code: "busy" }));
          return;
        }
        queue.push(jobOf({ work, resolve, reject: (error) => reject(translate(error)) }));
        if (flushing === null) schedule();
      }),
    idle: async () => {
      while (flushing !== null) await flushing;
    },
  };
}

interface Change<T> {
  readonly work: (transaction: Kysely<Tables>) => Promise<T>;
  readonly resolve: (value: T) => void;
  readonly reject: (error: unknown) => void;
}

function jobOf<T>(change: Change<T>): Job {
  return {
    reject: change.reject,
    attempt: async (transaction) => {
      const inside = await transaction.savepoint("change").execute();
      try {
        const value = await change.work(inside);
        await inside.releaseSavepoint("change").execute();
        return () => change.resolve(value);
      } catch (error) {
        await undo(inside, error);
        return () => change.reject(error);
      }
    },
  };
}

/** Takes back what a change did. @throws its error when that is impossible, and with it the whole batch has failed */
async function undo(inside: ControlledTransaction<Tables, ["change"]>, cause: unknown): Promise<void> {
  try {
    const outside = await inside.rollbackToSavepoint("change").execute();
    await outside.releaseSavepoint("change").execute();
  } catch {
    // A full disk ends the transaction and its savepoints by itself: what failed first is what there is to say.
    throw cause;
  }
}

async function commit(db: Kysely<Tables>, batch: readonly Job[]): Promise<void> {
  let settled: (() => void)[];
  try {
    settled = await commitAll(db, batch);
  } catch (error) {
    for (const job of batch) job.reject(error);
    return;
  }
  for (const settle of settled) settle();
}

async function commitAll(db: Kysely<Tables>, batch: readonly Job[]): Promise<(() => void)[]> {
  const transaction = await db.startTransaction().execute();
  try {
    const settled: (() => void)[] = [];
    for (const job of batch) settled.push(await job.attempt(transaction));
    await transaction.commit().execute();
    return settled;
  } catch (error) {
    // Nothing to roll back where the database has already ended the transaction by itself.
    if (!transaction.isCommitted)
      await transaction
        .rollback()
        .execute()
        .catch(() => undefined);
    throw error;
  }
}

function endOfTurn(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}
