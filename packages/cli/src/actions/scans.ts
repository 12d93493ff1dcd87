import type { Brake, Journal, ScanRequest, ScanScope, ScanStatus, ScanTally } from "@dirsync/consumer";
import { isDirsyncError, type Runtime, StateError } from "@dirsync/sdk";
import { exitCodes } from "../exit-codes.ts";
import type { Output } from "../output.ts";
import { amount, grouped } from "../ui/amount.ts";
import { durationOf } from "../ui/duration.ts";
import type { Progress } from "../ui/progress.ts";
import { isoOf } from "./gaps.ts";

/** What is scanned, by the flags that say so. */
export function scopeOf({ directory, organization }: ScopeFlags): ScanScope {
  return {
    ...(directory === undefined ? {} : { directoryIds: directory }),
    ...(organization === undefined ? {} : { organizationId: organization }),
  };
}

interface ScopeFlags {
  readonly directory: readonly string[] | undefined;
  readonly organization: string | undefined;
}

/** A running tail looks for what was asked for once a second. */
const lookMs = 500;

/** Asks for a scan; one that was begun for the same thing is gone on with. @throws StateError `busy` for another one. */
export async function requestScan({ scans }: Journal, request: ScanRequest, runtime: Runtime): Promise<string> {
  try {
    return await scans.requestScan(request, runtime.now());
  } catch (error) {
    const open = await scans.scanStatus();
    if (open === null || !isDirsyncError(error) || error.code !== "busy") throw error;
    const isSame = JSON.stringify(open.scope) === JSON.stringify(request.scope ?? {});
    if (open.isDryRun !== (request.isDryRun ?? false) || !isSame || isWaiting(open)) throw error;
    runtime.log.info({ scan: open.id }, "going on with a scan that was begun before");
    return open.id;
  }
}

/** Shows how far a scan is until it is over, waits for a decision, or `signal` is aborted; resolves to where it stands. */
export async function watchScan(
  { scans }: Journal,
  id: string,
  { runtime, progress, signal }: { runtime: Runtime; progress: Progress; signal: AbortSignal },
): Promise<ScanStatus> {
  try {
    for (;;) {
      const status = await scans.scanStatus(id);
      if (status === null) throw new StateError(`The state file has no scan ${id}.`, { code: "missing" });
      if (isOver(status) || isWaiting(status) || signal.aborted) return status;
      progress.show(advanceOf(status));
      await runtime.sleep(lookMs, signal).catch(() => undefined);
    }
  } finally {
    progress.clear();
  }
}

/** True while deletions wait that nobody has approved. */
function isWaiting({ state, brakes }: ScanStatus): boolean {
  return state === "braked" && brakes.some(({ isApproved }) => !isApproved);
}

function isOver({ state }: ScanStatus): boolean {
  return state === "complete" || state === "failed" || state === "discarded";
}

function advanceOf(status: ScanStatus): Parameters<Progress["show"]>[0] {
  const { tallies, usersExpected, collections, requests, state } = status;
  if (state === "requested") return { doing: "waiting for the tail", done: 0, total: null, unit: "requests" };
  const { listed } = tallies.user;
  const asked = amount(requests, "request");
  const { known, done } = collections;
  // The lists of who is in which group come last, and may take longer than all users.
  if (usersExpected !== null && listed >= usersExpected && listed > 0 && done < known) {
    return {
      doing: "scanning groups",
      done,
      total: known,
      unit: "lists",
      detail: `${amount(listed, "user")}, ${asked}`,
    };
  }
  const total = usersExpected === null ? null : Math.max(usersExpected, listed);
  const detail = `${grouped(done)} of ${amount(known, "list")}, ${asked}`;
  return { doing: "scanning", done: listed, total, unit: "users", detail };
}

/** The exit code of a command that has waited for a scan. */
export function exitCodeOfScan({ state }: ScanStatus): number {
  switch (state) {
    case "complete":
      return exitCodes.done;
    case "braked":
      return exitCodes.gapNeedsDecision;
    case "failed":
      return exitCodes.unavailable;
    case "requested":
    case "running":
    case "discarded":
      return exitCodes.cutShort;
    default:
      return state satisfies never;
  }
}

const kinds = ["directory", "group", "user", "membership"] as const;

const kindNames = { directory: "directories", group: "groups", user: "users", membership: "memberships" } as const;

/** What a scan came to, for people. */
export function tellScan(status: ScanStatus, output: Output): void {
  const { id, state, requests, startedAtMs, endedAtMs, overtaken, brakes, problem, isDryRun } = status;
  const tookMs = startedAtMs === null || endedAtMs === null ? null : endedAtMs - startedAtMs;
  const took = tookMs === null ? "" : ` in ${durationOf(tookMs / 1_000)}`;
  output.line(
    `${id} is ${state}${isDryRun ? " (a dry run: nothing was changed)" : ""}: ${amount(requests, "request")}${took}.`,
  );
  const rows = kinds.map((kind) => ({ kind: kindNames[kind], ...status.tallies[kind] }));
  const count = (heading: keyof ScanTally) =>
    ({ heading, align: "right", cell: (row: ScanTally) => row[heading] }) as const;
  output.table(rows, [
    { heading: "", cell: ({ kind }) => kind },
    ...(["listed", "created", "updated", "deleted"] as const).map(count),
  ]);
  if (overtaken > 0) output.line(`${grouped(overtaken)} of what was listed had been overtaken by the log.`);
  const waiting = brakes.filter(({ isApproved }) => !isApproved);
  for (const brake of waiting) output.line(`Deletions wait: ${describeBrake(brake)}.`);
  if (waiting.length > 0) output.line("Look whether that is true at the provider, then: dirsync approve");
  if (problem !== null) output.line(problem);
}

/** Where a scan stands, in a line. */
export function describeScan({ id, cause, state, problem, endedAtMs, ...scan }: ScanStatus): string {
  const named = `${id} (${cause})`;
  switch (state) {
    case "requested":
      return `${named} is asked for, and waits for a tail`;
    case "running":
      return `${named} is under way: ${progressOf(scan)}`;
    case "braked": {
      const waiting = scan.brakes.filter(({ isApproved }) => !isApproved);
      if (waiting.length === 0) return `${named} is approved, and waits for a tail`;
      return `${named} waits for a decision about ${waiting.map(describeBrake).join(", ")}; see: dirsync approve`;
    }
    case "failed":
      return `${named} failed at ${isoOf(endedAtMs)}: ${problem ?? "no reason is known"}`;
    case "complete":
    case "discarded":
      return `${named} is ${state} since ${isoOf(endedAtMs)}`;
    default:
      return state satisfies never;
  }
}

function progressOf({ tallies, usersExpected, collections, requests }: Progressing): string {
  const { listed } = tallies.user;
  const users = usersExpected === null ? "" : ` of ${grouped(Math.max(usersExpected, listed))}`;
  const lists = `${grouped(collections.done)} of ${amount(collections.known, "list")}`;
  return `${grouped(listed)}${users} users, ${lists}, ${amount(requests, "request")}`;
}

type Progressing = Pick<ScanStatus, "tallies" | "usersExpected" | "collections" | "requests">;

/** How much waits, and of what. */
export function describeBrake({ directoryId, kind, count, total }: Brake): string {
  // With a directory goes everything in it, so its users are what counts.
  if (kind === "directory") return `${directoryId} with its ${grouped(total)} users`;
  return `${grouped(count)} of ${grouped(total)} ${kindNames[kind]} of ${directoryId}`;
}

/** A scan as JSON output has it. */
export function scanToJson(status: ScanStatus): Readonly<Record<string, unknown>> {
  return {
    id: status.id,
    cause: status.cause,
    scope: { directories: status.scope.directoryIds ?? null, organization: status.scope.organizationId ?? null },
    dry_run: status.isDryRun,
    state: status.state,
    requested_at: isoOf(status.requestedAtMs),
    started_at: isoOf(status.startedAtMs),
    ended_at: isoOf(status.endedAtMs),
    requests: status.requests,
    ...Object.fromEntries(kinds.map((kind) => [kindNames[kind], status.tallies[kind]])),
    overtaken: status.overtaken,
    brakes: status.brakes.map(({ directoryId, kind, count, total, isApproved }) => {
      return { directory: directoryId, kind, count, total, approved: isApproved };
    }),
    problem: status.problem,
  };
}
