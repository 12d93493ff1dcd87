import { existsSync } from "node:fs";
import { resolve } from "node:path";
import type { LaneBy } from "@dirsync/consumer";
import { ConfigError, silentLogger, systemRuntime } from "@dirsync/sdk";
import { hookEnvironment } from "../config.ts";
import type { Context } from "../context.ts";
import { exitCodes } from "../exit-codes.ts";
import { createOutput } from "../output.ts";
import { listenForShutdown } from "../shutdown.ts";
import { Laboratory } from "../torture/laboratory.ts";
import { ProgressLine } from "../torture/progress.ts";
import { reportJson, showReport } from "../torture/report.ts";
import { chapterRuns, type Result, torture as tortureIn } from "../torture/suite.ts";

/** Flags of `dirsync torture`, each in its own unit. */
export interface TortureFlags {
  readonly handlers: string;
  readonly seed: number;
  readonly runs: number;
  readonly only?: number;
  /** Milliseconds. */
  readonly time: number;
  /** Milliseconds. */
  readonly timeout: number;
  readonly lane: LaneBy;
  /** Names of variables that the handlers get. */
  readonly env: readonly string[];
  readonly json: boolean;
}

/** How long a handler may go on when it has been told to stop: half of what it may take, and at most this. */
const graceMsMax = 2_000;

/** Tortures a handler module and says what it found. */
export async function torture(flags: TortureFlags, context: Context): Promise<number> {
  const file = resolve(flags.handlers);
  if (!existsSync(file)) throw new ConfigError(`There is no handler module at ${file}.`, { where: "--handlers" });
  const output = createOutput(context, flags.json, { secrecy: "lookalikes" });
  const shutdown = listenForShutdown(silentLogger);
  const progress = new ProgressLine(context.streams.stderr, { now: systemRuntime.now, runs: flags.only ?? flags.runs });
  // Not what the torture itself was given: a module that finds the address of a database in it would empty that one.
  const environment = { ...hookEnvironment(context.environment, flags.env), DIRSYNC_TORTURE: "1" };
  const graceMs = Math.min(graceMsMax, flags.timeout / 2);
  const conditions = { lane: flags.lane, timeoutMs: flags.timeout, graceMs, signal: shutdown.signal };
  const laboratory = new Laboratory({ file, environment }, conditions);
  try {
    const result = await tortureIn(laboratory, {
      seed: flags.seed,
      runs: flags.runs,
      only: flags.only ?? null,
      isOver: deadline(flags.time),
      onProgress: (news) => progress.show(news),
    });
    progress.clear();
    const options = { seed: flags.seed, command: commandLine(flags) };
    if (flags.json) output.json(reportJson(result, options));
    else showReport(result, options, output);
    return exitCodeOf(result);
  } finally {
    progress.clear();
    await laboratory.close();
    shutdown.release();
  }
}

function exitCodeOf({ findings, end, runs }: Result): number {
  if (findings.length > 0) return exitCodes.findings;
  // The time that was allowed is a wish like the number of runs, as long as there was any evidence.
  return end === "stopped" && runs < chapterRuns ? exitCodes.cutShort : exitCodes.done;
}

function deadline(timeMs: number): () => boolean {
  const atMs = systemRuntime.now() + timeMs;
  return () => systemRuntime.now() >= atMs;
}

/** What brings the same run about again. Only what differs from the defaults is named. */
function commandLine({ handlers, lane, env }: TortureFlags): string {
  const words = ["dirsync torture --handlers", handlers];
  if (lane !== "directory") words.push("--lane", lane);
  for (const name of env) words.push("--env", name);
  return words.join(" ");
}
