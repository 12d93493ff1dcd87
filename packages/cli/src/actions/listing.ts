import { type DirectorySyncOptions, systemRuntime } from "@dirsync/sdk";
import { SelfHosted } from "@dirsync/sdk/self-hosted";
import type { Context } from "../context.ts";
import { exitCodes } from "../exit-codes.ts";
import { createLogger } from "../logging.ts";
import { createOutput } from "../output.ts";
import { serviceOf } from "../settings/access.ts";
import { type ConfigFlags, loadConfiguration } from "../settings/load.ts";
import { printable } from "../ui/printable.ts";
import type { Column } from "../ui/table.ts";
import { putOffWasmTiering } from "../wasm-tiering.ts";

/** Flags of every command that shows one thing. */
export interface GetFlags extends ConfigFlags {
  readonly baseUrl?: string;
  readonly apiKeyFile?: string;
  readonly insecureSecretFiles?: boolean;
  readonly json: boolean;
}

/** Flags of every command that lists. */
export interface ListFlags extends GetFlags {
  readonly limit?: number;
}

/** Rows of a table are printed in blocks, so that a million rows need no more memory than these. */
const blockRows = 100;

/** A client for the service that the flags and the environment name. `patience` is for long work, which repeats more. */
export async function connect(
  flags: GetFlags,
  context: Context,
  patience: Pick<DirectorySyncOptions, "retriesMax"> = {},
): Promise<SelfHosted> {
  const runtime = { ...systemRuntime, log: createLogger(context, { json: flags.json }) };
  // Only these: a filter of a list may be called like a setting of the tail.
  const { config, baseUrl: url, apiKeyFile, insecureSecretFiles } = flags;
  const settings = given({ config, baseUrl: url, apiKeyFile, insecureSecretFiles });
  const { baseUrl, apiKey } = await serviceOf(await loadConfiguration(settings, context));
  putOffWasmTiering();
  return new SelfHosted({ baseUrl, apiKey: apiKey.reveal(), runtime, ...patience });
}

/** For a request that changes a whole directory in one piece, and takes as long as all its people take. */
export const wholeDirectory = { timeoutMs: 600_000 } as const;

/** How a list is shown. */
export interface ListView<T> {
  readonly flags: ListFlags;
  readonly context: Context;
  readonly columns: readonly Column<T>[];
  /** What to say when there is nothing. */
  readonly nothing: string;
}

/** Prints things as they arrive: one JSON object a line, or blocks of a table. */
export async function printList<T>(things: AsyncIterable<T>, view: ListView<T>): Promise<number> {
  const output = createOutput(view.context, view.flags.json);
  const limit = view.flags.limit ?? Number.POSITIVE_INFINITY;
  let block: T[] = [];
  let count = 0;
  for await (const thing of things) {
    count += 1;
    if (output.isJson) output.json(thing);
    else block.push(thing);
    if (count >= limit) break;
    if (block.length === blockRows) {
      output.table(block, view.columns);
      block = [];
    }
  }
  if (block.length > 0) output.table(block, view.columns);
  if (count === 0) output.line(view.nothing);
  return exitCodes.done;
}

/** Prints one thing: JSON on one line, or indented for people. */
export function printOne(thing: unknown, flags: GetFlags, context: Context): number {
  const output = createOutput(context, flags.json);
  if (flags.json) output.json(thing);
  else output.line(printable(JSON.stringify(thing, null, 2)));
  return exitCodes.done;
}

/** Only what was given: the SDK takes an absent filter as none and refuses an empty one. */
export function given<T extends object>(filters: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(filters).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]?: Exclude<T[K], undefined>;
  };
}

/** What stands between the commas of a flag's value. */
export function namesIn(text: string | undefined): readonly string[] | undefined {
  return text
    ?.split(",")
    .map((name) => name.trim())
    .filter((name) => name !== "");
}
