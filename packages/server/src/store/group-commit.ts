import { StateError } from "@dirsync/sdk";
import type { Connection } from "./connection.ts";
import type { Lock } from "./lock.ts";

/**
 * Many changes, one fsync. A change that arrives is queued; at the end of the event-loop turn everything queued runs,
 * one after the other, inside one transaction with a savepoint each. A change that fails is rolled back to its
 * savepoint and takes no other with it. Nobody is answered before the commit: not the changes that worked, because
 * they are not durable yet, and not those that failed either, because what they failed on may be one of the others.
 */
export interface GroupCommit {
  run<T>(work: () => Promise<T>): Promise<T>;
  /** Resolves when nothing is queued or under way. */
  idle(): Promise<void>;
}

// Bounds how long the first change of a batch waits for the last one.
const batchChangesMax = 256;

// A queue of this length is many seconds of work: better to say so than to let every caller time out.
const queuedChangesMax = 10_000;

interface Job {
  /** Runs the change and returns what to do once the batch is durable. */
  attempt(connection: Connection): Promise<() => void>;
  reject(error: unknown): void;
}

/** What batches are written with. */
export interface GroupCommitOptions {
  readonly connection: Connection;
  /** Held for as long as a batch takes. */
  readonly lock: Lock;
  /** Turns the database's own errors into ours. */
  readonly translate: (error: unknown) => Error;
}

/** Writes what is queued, a batch at a time. */
export function createGroupCommit({ connection, lock, translate }: GroupCommitOptions): GroupCommit {
  let queue: Job[] = [];
  let flushing: Promise<void> | null = null;

  function schedule(): void {
    flushing = endOfTurn().then(flush);
  }

  async function flush(): Promise<void> {
    while (queue.length > 0) {
      const batch = queue.slice(0, batchChangesMax);
      queue = queue.slice(batchChangesMax);
      await lock(() => commit(connection, batch));
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
  readonly work: () => Promise<T>;
  readonly resolve: (value: T) => void;
  readonly reject: (error: unknown) => void;
}

function jobOf<T>(change: Change<T>): Job {
  return {
    reject: change.reject,
    attempt: async (connection) => {
      connection.control("savepoint change");
      try {
        const value = await change.work();
        connection.control("release change");
        return () => change.resolve(value);
      } catch (error) {
        undo(connection, error);
        return () => change.reject(error);
      }
    },
  };
}

/** Takes back what a change did. @throws its error when that is impossible, and with it the whole batch has failed */
function undo(connection: Connection, cause: unknown): void {
  try {
    connection.control("rollback to change");
    connection.control("release change");
  } catch {
    // A full disk ends the transaction and its savepoints by itself: what failed first is what there is to say.
    throw cause;
  }
}

async function commit(connection: Connection, batch: readonly Job[]): Promise<void> {
  let settled: (() => void)[];
  try {
    settled = await commitAll(connection, batch);
  } catch (error) {
    for (const job of batch) job.reject(error);
    return;
  }
  for (const settle of settled) settle();
}

async function commitAll(connection: Connection, batch: readonly Job[]): Promise<(() => void)[]> {
  connection.control("begin immediate");
  try {
    const settled: (() => void)[] = [];
    for (const job of batch) settled.push(await job.attempt(connection));
    connection.control("commit");
    return settled;
  } catch (error) {
    rollBack(connection);
    throw error;
  }
}

/** What failed before is what there is to say. */
function rollBack(connection: Connection): void {
  try {
    if (connection.isInTransaction) connection.control("rollback");
  } catch {
    // SQLite rolls back by itself what it cannot go on with.
  }
}

function endOfTurn(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}
