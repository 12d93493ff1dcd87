import { isDirsyncError, SinkError } from "@dirsync/sdk";
import type { HandlerDatabase } from "../handler-database.ts";
import type { Application, Applied } from "./model.ts";
import { type SqliteDatabase, type SqliteStatement } from "./sqlite.ts";
import { translateSqliteError } from "./sqlite-errors.ts";

/** Runs what a sink does inside the journal's transaction. Whoever calls has begun it. */
export class Applications {
  readonly #database: SqliteDatabase;
  readonly #path: string;
  readonly #finish: SqliteStatement<[sink: string, seq: number]>;

  constructor(database: SqliteDatabase, path: string) {
    this.#database = database;
    this.#path = path;
    this.#finish = database.prepare(
      `INSERT INTO work (sink, seq, state) VALUES (?, ?, 'done')
       ON CONFLICT (sink, seq) DO UPDATE SET state = 'done', redriven = 0, replay = 0`,
    );
  }

  /** One after the other, up to the first that throws; of that one nothing remains. */
  run(sink: string, applications: readonly Application[]): Applied {
    for (const [count, { seq, work }] of applications.entries()) {
      this.#database.exec("SAVEPOINT application");
      try {
        refusePromise(work(this.#handed()));
        this.#finish.run(sink, seq);
        this.#database.exec("RELEASE application");
      } catch (error) {
        const translated = translateSqliteError(error, this.#path);
        // A handler that ended the transaction has taken its own effect out of it; a full disk is not its fault.
        if (!this.#database.inTransaction || isStorageFault(translated)) throw error;
        this.#database.exec("ROLLBACK TO application; RELEASE application");
        return { count, thrown: { error } };
      }
    }
    return { count: applications.length, thrown: null };
  }

  /** No more than what is promised: closing the file or changing how it works is not for handlers. */
  #handed(): HandlerDatabase {
    return {
      exec: (sql) => this.#database.exec(sql),
      prepare: (sql) => this.#database.compile(sql),
    };
  }
}

function isStorageFault(error: unknown): boolean {
  return isDirsyncError(error) && ["full", "io", "busy", "corrupt"].includes(error.code);
}

/** What goes on after the transaction is not in it. */
function refusePromise(result: unknown): void {
  if (typeof result !== "object" || result === null || !("then" in result)) return;
  // Its failure has nobody else to go to.
  if (result instanceof Promise) result.catch(() => undefined);
  throw new SinkError(
    "A sink's `apply` returned a promise; what is done in the transaction must be done when it returns.",
    {
      verdict: "halt",
      code: "apply_not_synchronous",
    },
  );
}
