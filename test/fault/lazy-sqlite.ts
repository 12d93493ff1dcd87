/**
 * SQLite itself, but that each statement is compiled when it is first used. An open state file compiles a hundred of them, a
 * simulated life opens it ten times and uses a dozen: compiling was a fifth of what a life costs.
 */
import Database from "better-sqlite3";

type Compiled = Database.Statement<unknown[], unknown>;

/** A statement that takes its form, and is compiled, no earlier than it must be. */
class LazyStatement {
  readonly #compile: () => Compiled;
  #compiled: Compiled | null = null;

  constructor(compile: () => Compiled) {
    this.#compile = compile;
  }

  pluck(isOn = true): LazyStatement {
    return new LazyStatement(() => this.#statement().pluck(isOn));
  }

  raw(isOn = true): LazyStatement {
    return new LazyStatement(() => this.#statement().raw(isOn));
  }

  safeIntegers(isOn = true): LazyStatement {
    return new LazyStatement(() => this.#statement().safeIntegers(isOn));
  }

  get(...parameters: unknown[]): unknown {
    return this.#statement().get(...parameters);
  }

  all(...parameters: unknown[]): unknown[] {
    return this.#statement().all(...parameters);
  }

  iterate(...parameters: unknown[]): IterableIterator<unknown> {
    return this.#statement().iterate(...parameters);
  }

  run(...parameters: unknown[]): Database.RunResult {
    return this.#statement().run(...parameters);
  }

  #statement(): Compiled {
    this.#compiled ??= this.#compile();
    return this.#compiled;
  }
}

/** A connection whose statements are lazy. */
class LazyDatabase extends Database {
  // A statement here is whatever the product does with one: what it has not done so far is an error that says so.
  override prepare = ((sql: string) =>
    new LazyStatement(() => super.prepare<unknown[]>(sql))) as unknown as Database.Database["prepare"];
}

// oxlint-disable-next-line import/no-default-export -- it stands in for a package that has one
export { LazyDatabase as default };
