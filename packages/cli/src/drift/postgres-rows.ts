import { ConfigError, ConnectionError } from "@dirsync/sdk";
import pg from "pg";
import type { AppRows } from "./app-rows.ts";

/** So many rows are held at a time. */
const fetchRows = 1_000;
const connectTimeoutMs = 15_000;

/**
 * Runs a query on PostgreSQL, through a cursor in a transaction that can only read.
 * @throws ConfigError for a query that PostgreSQL refuses; ConnectionError `unreachable` when nobody takes the connection.
 */
export async function postgresRows(url: string, sql: string): Promise<AppRows> {
  const client = new pg.Client({
    connectionString: url,
    application_name: "dirsync diff",
    connectionTimeoutMillis: connectTimeoutMs,
  });
  // Heard of by whichever query is under way; without a listener it would end the process.
  client.on("error", () => undefined);
  await client.connect().catch((error: unknown) => {
    throw unreachable(error);
  });
  try {
    await client.query("BEGIN TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY");
    await client.query(oneStatement(`DECLARE people NO SCROLL CURSOR FOR ${sql}`));
    const first = await fetchMore(client);
    return {
      columns: first.fields.map(({ name }) => name),
      async *rows() {
        for (let page = first; page.rows.length > 0; page = await nextPage(client)) yield* page.rows;
      },
      close: async () => client.end(),
    };
  } catch (error) {
    await client.end();
    throw refused(error);
  }
}

function refused(error: unknown): ConfigError {
  const reason = error instanceof Error ? error.message : String(error);
  return new ConfigError(`PostgreSQL does not take the query: ${reason}.`, { where: "--against", cause: error });
}

/** PostgreSQL's answer to a later page: it looks at a value only when its row has its turn, and it may go away meanwhile. */
function broken(error: unknown): ConfigError | ConnectionError {
  if (error instanceof pg.DatabaseError && !/^(?:57P|08)/u.test(error.code ?? "")) return refused(error);
  const reason = error instanceof Error ? error.message : String(error);
  return new ConnectionError(`The app's database has gone away: ${reason}`, { code: "unreachable", cause: error });
}

/** The extended protocol takes one statement only, so what follows a semicolon is refused and not run. */
function oneStatement(text: string): pg.QueryConfig {
  const query: pg.QueryConfig & { readonly queryMode: "extended" } = { text, queryMode: "extended" };
  return query;
}

function fetchMore(client: pg.Client): Promise<pg.QueryArrayResult<unknown[]>> {
  return client.query<unknown[]>({ text: `FETCH ${fetchRows} FROM people`, rowMode: "array" });
}

async function nextPage(client: pg.Client): ReturnType<typeof fetchMore> {
  return await fetchMore(client).catch((error: unknown) => {
    throw broken(error);
  });
}

function unreachable(cause: unknown): ConnectionError {
  // PostgreSQL's own words name the host, the user and the database, and never the password.
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new ConnectionError(`The app's database takes no connection: ${reason}`, { code: "unreachable", cause });
}
