/** What SQLite has made of a statement. */
export interface CompiledStatement<P extends unknown[], R> {
  run(...parameters: P): { readonly changes: number };
  get(...parameters: P): R | undefined;
  all(...parameters: P): R[];
  iterate(...parameters: P): IterableIterator<R>;
  pluck(): unknown;
  raw(): unknown;
}

/**
 * A statement that is compiled when it is first used. An open state file has two hundred, of which most processes run a
 * dozen; to compile them all took a start of the command as long as all else that it does with the file.
 */
export class SqliteStatement<P extends unknown[] = unknown[], R = unknown> {
  readonly sql: string;
  readonly #compile: (sql: string) => CompiledStatement<P, R>;
  #compiled: CompiledStatement<P, R> | null = null;
  #form: "rows" | "values" | "arrays" = "rows";

  constructor(sql: string, compile: (sql: string) => CompiledStatement<P, R>) {
    this.sql = sql;
    this.#compile = compile;
  }

  /** Has each row come as the value of its first column. */
  pluck(): this {
    this.#form = "values";
    return this;
  }

  /** Has each row come as an array of its values. */
  raw(): this {
    this.#form = "arrays";
    return this;
  }

  run(...parameters: P): { readonly changes: number } {
    return this.#statement().run(...parameters);
  }

  /** The first row. */
  get(...parameters: P): R | undefined {
    return this.#statement().get(...parameters);
  }

  all(...parameters: P): R[] {
    return this.#statement().all(...parameters);
  }

  /** One row after the other. Nothing else may use the connection meanwhile. */
  iterate(...parameters: P): IterableIterator<R> {
    return this.#statement().iterate(...parameters);
  }

  #statement(): CompiledStatement<P, R> {
    if (this.#compiled !== null) return this.#compiled;
    const compiled = this.#compile(this.sql);
    if (this.#form === "values") compiled.pluck();
    if (this.#form === "arrays") compiled.raw();
    return (this.#compiled = compiled);
  }
}
