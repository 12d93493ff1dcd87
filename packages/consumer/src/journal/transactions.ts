import { StateError } from "@dirsync/sdk";
import { type SqliteDatabase, type SqliteTransaction } from "./sqlite.ts";
import { translateSqliteError } from "./sqlite-errors.ts";

/** Where transactions run. */
export interface TransactionOptions {
  readonly database: SqliteDatabase;
  readonly path: string;
  /** Asked in each transaction of the holder: whether this process still is that. */
  readonly mayWrite: () => boolean;
}

/** The transactions of a state file. What SQLite throws in them comes out as a `StateError`. */
export class Transactions {
  readonly #path: string;
  readonly #mayWrite: () => boolean;
  readonly #transact: SqliteTransaction;

  constructor({ database, path, mayWrite }: TransactionOptions) {
    this.#path = path;
    this.#mayWrite = mayWrite;
    // Made once: better-sqlite3 builds four functions for each.
    this.#transact = database.transaction((change) => change());
  }

  async read<T>(query: () => T | Promise<T>): Promise<T> {
    try {
      return await Promise.resolve(query());
    } catch (error) {
      throw translateSqliteError(error, this.#path);
    }
  }

  /** A transaction of the holder. */
  write<T>(change: () => T): Promise<T> {
    return this.change(() => {
      if (!this.#mayWrite()) throw this.#fenced();
      return change();
    });
  }

  /** A transaction that a visitor may run, too. */
  async change<T>(change: () => T): Promise<T> {
    try {
      return (await Promise.resolve(this.#transact.immediate(change))) as T;
    } catch (error) {
      throw translateSqliteError(error, this.#path);
    }
  }

  #fenced(): StateError {
    const message = `${this.#path} was taken over by another process, and this one writes no more to it. Give each its own --state file.`;
    return new StateError(message, { code: "fenced" });
  }
}
