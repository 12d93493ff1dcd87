import { setTimeout as sleep } from "node:timers/promises";
import type { ScimRequest } from "@dirsync/sdk/self-hosted";
import type { Context } from "../context.ts";
import { exitCodes } from "../exit-codes.ts";
import { createLogger } from "../logging.ts";
import { createOutput, type Output } from "../output.ts";
import { listenForShutdown } from "../shutdown.ts";
import { amount } from "../ui/amount.ts";
import { printable } from "../ui/printable.ts";
import type { Column } from "../ui/table.ts";
import { connect, type GetFlags, given, type ListFlags, printList } from "./listing.ts";

/** Flags of `dirsync scim log`. */
export interface LogFlags extends ListFlags {
  readonly directory?: string;
  readonly status?: string;
  readonly follow: boolean;
}

/** Flags of `dirsync scim replay`. */
export interface ReplayScimFlags extends GetFlags {
  readonly dryRun: boolean;
}

/** How often the server is asked for more. */
const followEveryMs = 1_000;

/** The last of these are shown before what comes. */
const shownBefore = 10;

/** Lists requests, and with `--follow` goes on. */
export async function logScim(flags: LogFlags, context: Context): Promise<number> {
  if (flags.follow) return await followLog(flags, context);
  const filters = given({ directory: flags.directory, status: flags.status });
  const requests = (await connect(flags, context)).scimRequests.list(filters);
  return await printList(requests, { flags, context, nothing: "No requests.", columns });
}

const columns: readonly Column<ScimRequest>[] = [
  { heading: "TIME", cell: (request) => request.created_at },
  { heading: "ID", cell: (request) => request.id },
  { heading: "STATUS", cell: (request) => request.status, align: "right" },
  { heading: "MS", cell: (request) => request.duration_ms, align: "right" },
  { heading: "REQUEST", cell: (request) => `${request.method} ${request.path}`, isProse: true },
  { heading: "REFUSED", cell: reasonOf, isProse: true },
];

function reasonOf({ scim_error: error }: ScimRequest): string | undefined {
  if (error === null || error === undefined) return undefined;
  return [error.scimType, error.detail].filter((part) => part !== null && part !== undefined).join(": ");
}

async function followLog(flags: LogFlags, context: Context): Promise<number> {
  const client = await connect(flags, context);
  const shutdown = listenForShutdown(createLogger(context, { json: flags.json }));
  const { signal } = shutdown;
  const output = createOutput(context, flags.json);
  const filters = given({ directory: flags.directory, status: flags.status });
  try {
    const first: ScimRequest[] = [];
    for await (const request of client.scimRequests.list({ ...filters, limit: shownBefore }, { signal })) {
      first.unshift(request);
      if (first.length === shownBefore) break;
    }
    for (const request of first) tell(output, request);
    let after = first.at(-1)?.id;
    while (!signal.aborted) {
      await sleep(followEveryMs, undefined, { signal });
      const news = client.scimRequests.list({ ...filters, order: "asc", ...given({ after }) }, { signal });
      for await (const request of news) {
        tell(output, request);
        after = request.id;
      }
    }
  } catch (error) {
    if (!signal.aborted) throw error;
  } finally {
    shutdown.release();
  }
  return exitCodes.done;
}

function tell(output: Output, request: ScimRequest): void {
  if (output.isJson) {
    output.json(request);
    return;
  }
  const { created_at: at, id, status, method, path } = request;
  output.line(printable([at, id, status, method, path, reasonOf(request) ?? ""].join("  ").trimEnd()));
}

/** Shows one request. */
export async function showScim(id: string, flags: GetFlags, context: Context): Promise<number> {
  const request = await (await connect(flags, context)).scimRequests.get(id);
  const output = createOutput(context, flags.json);
  if (flags.json) {
    output.json(request);
    return exitCodes.done;
  }
  const line = (name: string, value: string): void => output.line(`${name.padEnd(10)} ${printable(value)}`);
  line("request", `${request.method} ${request.path}`);
  line("at", request.created_at);
  line("directory", request.directory_id);
  line("from", request.user_agent ?? "no user agent");
  if (typeof request.if_match === "string") line("if-match", request.if_match);
  if (typeof request.if_none_match === "string") line("unless", request.if_none_match);
  line("status", `${request.status}, after ${request.duration_ms} ms`);
  const reason = reasonOf(request);
  if (reason !== undefined) line("refused", reason);
  for (const [name, body] of [
    ["sent", request.request_body],
    ["answered", request.response_body],
  ] as const) {
    output.line();
    output.line(`${name}:`);
    // The answer with a large group is made as it is read, and what came with a wrong token is left out.
    const isLeftOut = name === "answered" && request.status !== 204 && (body ?? null) === null;
    output.line(isLeftOut ? "  (not kept)" : printable(indented(body ?? null)));
  }
  return exitCodes.done;
}

function indented(body: string | null): string {
  if (body === null || body === "") return "  (no body)";
  try {
    return JSON.stringify(JSON.parse(body), null, 2);
  } catch {
    return body;
  }
}

/** Sends one request once more. */
export async function replayScim(id: string, flags: ReplayScimFlags, context: Context): Promise<number> {
  const client = await connect(flags, context);
  const replay = await client.scimRequests.replay(id, { dry_run: flags.dryRun }, { retriesMax: 0 });
  const output = createOutput(context, flags.json);
  const exitCode = replay.status < 400 ? exitCodes.done : exitCodes.findings;
  if (flags.json) {
    output.json(replay);
    return exitCode;
  }
  const { length: events } = replay.events;
  output.line(`${flags.dryRun ? "It would be" : "It was"} answered ${replay.status}.`);
  if (replay.response_body !== "") output.line(printable(indented(replay.response_body)));
  output.line(`${amount(events, "event")} ${flags.dryRun ? "would come" : "came"} of it.`);
  for (const event of replay.events) output.line(`  ${printable(String(event["event"]))}`);
  if (flags.dryRun) output.line("A dry run; nothing was changed.");
  return exitCode;
}
