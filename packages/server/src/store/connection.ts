import { Kysely, SqliteAdapter, SqliteIntrospector, SqliteQueryCompiler } from "kysely";
import type { Compilable, CompiledQuery, DatabaseConnection, Driver, LimitNode, QueryResult } from "kysely";
import type { Tables } from "./tables.ts";

/**
 * The one connection to the database. It answers at once: SQLite has no one to wait for, and what is asked for thousands of
 * times a second should not pay for the promises of a database that has. Who asks sees to it that nobody comes in between.
 */
export interface Connection {
  /** For queries whose text depends on what is asked. They are built anew each time. */
  readonly db: Kysely<Tables>;
  first<Given extends object, Row>(query: Prepared<Given, Row>, given: Given): Row | undefined;
  /** The same for a row that hardly ever changes, which comes from memory while it stays as it is. Nobody may change it. */
  kept<Given extends object, Row extends object>(query: Prepared<Given, Row>, by: KeptBy<Given>): Row | undefined;
  all<Given extends object, Row>(query: Prepared<Given, Row>, given: Given): Row[];
  /** Changes rows. Resolves to the key of the row that was inserted last. */
  run<Given extends object>(query: Prepared<Given, unknown>, given: Given): number;
  /** To roll back what SQLite has rolled back by itself does nothing. */
  control(command: TransactionCommand): void;
  /** How many statements that may write were run. */
  readonly writes: number;
  /** False also where the database has ended a transaction by itself. */
  readonly isInTransaction: boolean;
}

/** What a kept row is found by. */
export interface KeptBy<Given extends object> {
  /** Names the row among those of its query. */
  readonly key: string | number;
  readonly given: Given;
}

/** How transactions begin and end. The write lock is taken at the beginning: later that can fail, with work already done. */
export type TransactionCommand =
  | "begin immediate"
  | "commit"
  | "rollback"
  | "savepoint change"
  | "release change"
  | "rollback to change";

/** A query that is built once, and from then on only given other values: building costs more than running it. */
export interface Prepared<Given extends object, Row> {
  readonly build: (db: Kysely<Tables>, given: Given) => Compilable<Row>;
  /** True where the names of what is given are part of the text, as the columns of an update are. */
  readonly isByNames: boolean;
  /** True where it changes what no kept row shows. */
  readonly isBesideKept?: boolean;
}

/**
 * A query of one text. `build` gets stand-ins for the values: it takes them by name, puts them into the query, and must not
 * look at them.
 */
export function prepared<Given extends object, Row>(build: Prepared<Given, Row>["build"]): Prepared<Given, Row> {
  return { build, isByNames: false };
}

/** The same for a change of what no kept row shows, in a table of which there are some: it leaves them in memory. */
export function preparedBesideKept<Given extends object, Row>(
  build: Prepared<Given, Row>["build"],
): Prepared<Given, Row> {
  return { build, isByNames: false, isBesideKept: true };
}

/** A query of one text for each set of names that is given. */
export function preparedByNames<Given extends object, Row>(build: Prepared<Given, Row>["build"]): Prepared<Given, Row> {
  return { build, isByNames: true };
}

/** A prepared query as text, and for each of its parameters the value to fill in. */
export interface Text {
  readonly sql: string;
  valuesOf(given: object): readonly unknown[];
}

/** Builds a prepared query. The values of `given` do not count. */
export function textOf<Given extends object, Row>(query: Prepared<Given, Row>, db: Kysely<Tables>, given: Given): Text {
  const standIns = query.isByNames ? standInsFor(Object.keys(given)) : standInForAnything();
  // What stands in for values is only ever passed on to Kysely, which passes it on as a parameter.
  const { sql, parameters } = query.build(db, standIns as Given).compile();
  const fillIns = parameters.map((value) => (value instanceof StandIn ? value : { name: null, value }));
  return {
    sql,
    valuesOf: (values) => {
      const byName = values as Readonly<Record<string, unknown>>;
      return fillIns.map((each) => (each.name === null ? each.value : byName[each.name]));
    },
  };
}

function standInsFor(names: readonly string[]): object {
  return Object.fromEntries(names.map((name) => [name, new StandIn(name)]));
}

function standInForAnything(): object {
  return new Proxy({}, { get: (_target, name) => new StandIn(String(name)) });
}

class StandIn {
  readonly name: string;

  constructor(name: string) {
    this.name = name;
  }

  [Symbol.toPrimitive](): never {
    throw new TypeError(`A prepared query must pass '${this.name}' on and not look at it.`);
  }
}

/** Kysely over a connection that is there already and is never waited for. Transactions are not its business. */
export function kyselyOn(connection: DatabaseConnection): Kysely<Tables> {
  return new Kysely<Tables>({
    dialect: {
      createAdapter: () => new SqliteAdapter(),
      createDriver: () => driverOn(connection),
      createIntrospector: (db) => new SqliteIntrospector(db),
      createQueryCompiler: () => new QueryCompiler(),
    },
  });
}

/**
 * SQLite plans a query by the limit that is given, where it is a parameter alone, and so prepares it anew each time one is given:
 * for a page of users that took longer than to read it. A plus before it leaves the value as it is, and out of the plan.
 */
class QueryCompiler extends SqliteQueryCompiler {
  protected override visitLimit({ limit }: LimitNode): void {
    this.append("limit +");
    this.visitNode(limit);
  }
}

function driverOn(connection: DatabaseConnection): Driver {
  const nothing = async (): Promise<void> => {};
  const refuse = async (): Promise<void> => {
    throw new TypeError("Transactions are begun and ended by the group commit.");
  };
  return {
    init: nothing,
    acquireConnection: () => Promise.resolve(connection),
    releaseConnection: nothing,
    beginTransaction: refuse,
    commitTransaction: refuse,
    rollbackTransaction: refuse,
    destroy: nothing,
  };
}

/** Runs what Kysely has built. */
export function kyselyConnection(
  execute: (sql: string, parameters: readonly unknown[]) => QueryResult<unknown>,
): DatabaseConnection {
  return {
    executeQuery: async <Row>({ sql, parameters }: CompiledQuery) => execute(sql, parameters) as QueryResult<Row>,
    streamQuery: () => {
      throw new TypeError("Rows are read a page at a time.");
    },
  };
}
