import type { Readable, Writable } from "node:stream";
import type { Secrets } from "./secrets.ts";

/** The streams of the process, or a test's. */
export interface Streams {
  readonly stdin: Readable;
  readonly stdout: Writable & { readonly isTTY?: boolean; readonly columns?: number };
  readonly stderr: Writable & { readonly isTTY?: boolean; readonly columns?: number };
}

/** Environment variables as given to the process. Only `config.ts` reads them. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** What every command gets. */
export interface Context {
  readonly environment: Environment;
  readonly streams: Streams;
  readonly secrets: Secrets;
}
