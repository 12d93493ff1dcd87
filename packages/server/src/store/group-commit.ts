import { StateError } from "@dirsync/sdk";
import type { Connection } from "./connection.ts";
import type { Lock } from "./lock.ts";
import type { WriteHow } from "./model.ts";
import { nextTurn } from "../turns.ts";

/**
 * Many changes, one fsync. A change that arrives is queued; at the end of the event-loop turn, or of the first one after it
 * that brings no more, everything queued runs, one after the other, inside one transaction. A change that fails is taken back
 * and takes no other with it. Nobody is answered before the commit: not the changes that worked, because they are not durable
 * yet, and not those that failed either, because what they failed on may be one of the others.
 *
 * To take one change back there is a savepoint, for which SQLite keeps a copy of each page that the change touches. That is
 * much of the cost of a change, and hardly one fails after it has written. So changes that may be repeated do without, and
 * when one of them does fail then, the batch is taken back whole and done once more with savepoints.
 */
export interface GroupCommit {
  run<T>(work: () => Promise<T>, how?: WriteHow): Promise<T>;
  /** Resolves when nothing is queued or under way. */
  idle(): Promise<void>;
}

// Bounds how long the first change of a batch waits for the last one.
const batchChangesMax = 256;

// While one request is read others arrive, and the next turn brings them. What arrives without end must not wait for its end.
const gatheringTurnsMax = 4;

// A queue of this length is many seconds of work: better to say so than to let every caller time out.
const queuedChangesMax = 10_000;

interface Job {
  readonly isRepeatable: boolean;
  attempt(): Promise<Attempt>;
  reject(error: unknown): void;
}

/** What came of a change, to be said once the batch is durable. */
interface Attempt {
  /** Null when it worked. */
  readonly failure: { readonly error: unknown } | null;
  settle(): void;
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
    flushing = gather().then(flush);
  }

  async function gather(): Promise<void> {
    let seen = 0;
    for (let turn = 0; turn < gatheringTurnsMax; turn += 1) {
      if (queue.length === seen || queue.length >= batchChangesMax) return;
      seen = queue.length;
      await nextTurn();
    }
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
    run: (work, { isRepeatable = false } = {}) =>
      new Promise((resolve, reject) => {
        if (queue.length >= queuedChangesMax) {
          reject(new StateError("Too many changes are waiting to be written; try again later.", { code: "busy" }));
          return;
        }
        queue.push(jobOf({ work, isRepeatable, resolve, reject: (error) => reject(translate(error)) }));
        if (flushing === null) schedule();
      }),
    idle: async () => {
      while (flushing !== null) await flushing;
    },
  };
}

interface Change<T> {
  readonly work: () => Promise<T>;
  readonly isRepeatable: boolean;
  readonly resolve: (value: T) => void;
  readonly reject: (error: unknown) => void;
}

function jobOf<T>({ work, isRepeatable, resolve, reject }: Change<T>): Job {
  return {
    isRepeatable,
    reject,
    attempt: async () => {
      try {
        const value = await work();
        return { failure: null, settle: () => resolve(value) };
      } catch (error) {
        return { failure: { error }, settle: () => reject(error) };
      }
    },
  };
}

async function commit(connection: Connection, batch: readonly Job[]): Promise<void> {
  let attempts: readonly Attempt[];
  try {
    attempts = (await commitPlainly(connection, batch)) ?? (await commitWithSavepoints(connection, batch));
  } catch (error) {
    for (const job of batch) job.reject(error);
    return;
  }
  for (const attempt of attempts) attempt.settle();
}

/** Without savepoints. Null when that cannot be, or was in vain; then nothing was kept. */
async function commitPlainly(connection: Connection, batch: readonly Job[]): Promise<readonly Attempt[] | null> {
  const isAlone = batch.length === 1;
  if (!isAlone && !batch.every(({ isRepeatable }) => isRepeatable)) return null;
  const attempts: Attempt[] = [];
  connection.control("begin immediate");
  try {
    for (const job of batch) {
      const before = connection.writes;
      const attempt = await job.attempt();
      attempts.push(attempt);
      // A broken disk can end the transaction by itself, also while it is only read.
      const isUntouched = connection.writes === before && connection.isInTransaction;
      if (attempt.failure === null || isUntouched) continue;
      rollBack(connection);
      return isAlone ? attempts : null;
    }
    connection.control("commit");
    return attempts;
  } catch (error) {
    rollBack(connection);
    throw error;
  }
}

async function commitWithSavepoints(connection: Connection, batch: readonly Job[]): Promise<readonly Attempt[]> {
  const attempts: Attempt[] = [];
  connection.control("begin immediate");
  try {
    for (const job of batch) {
      connection.control("savepoint change");
      const attempt = await job.attempt();
      attempts.push(attempt);
      if (attempt.failure !== null) undo(connection, attempt.failure.error);
      connection.control("release change");
    }
    connection.control("commit");
    return attempts;
  } catch (error) {
    rollBack(connection);
    throw error;
  }
}

/** Takes back what a change did. @throws its error when that is impossible, and with it the whole batch has failed */
function undo(connection: Connection, cause: unknown): void {
  try {
    connection.control("rollback to change");
  } catch {
    // A full disk ends the transaction and its savepoints by itself: what failed first is what there is to say.
    throw cause;
  }
}

/** What failed before is what there is to say. */
function rollBack(connection: Connection): void {
  try {
    connection.control("rollback");
  } catch {
    // SQLite rolls back by itself what it cannot go on with.
  }
}
