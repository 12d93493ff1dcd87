import { type ChildProcess, spawn } from "node:child_process";
import { createWriteStream } from "node:fs";
import { join } from "node:path";
import { DirsyncError } from "@dirsync/sdk";
import { binFile, demoFolder } from "../assets.ts";

/** What the demo's `dirsync tail` is started with. */
export interface TailPlan {
  readonly folder: string;
  readonly baseUrl: string;
  readonly apiKey: string;
  readonly appDatabase: string;
  /** Variables the process needs to run at all, such as PATH. */
  readonly environment: Readonly<Record<string, string>>;
}

/** A running `dirsync tail`. */
export interface TailProcess {
  readonly pid: number;
  /** Throws when the process has ended although nobody asked it to. */
  check(): void;
  /** SIGKILL: it gets no chance to tidy up. Resolves when it is gone. */
  kill(): Promise<void>;
  /** SIGTERM: it finishes what is in flight. Resolves when it is gone. */
  stop(): Promise<void>;
}

/** Enough for an error and where it came from. */
const lastWordsCharactersMax = 1_000;

/** Starts `dirsync tail` as a process of its own, with the demo's handlers and hook. Its log goes to a file. */
export function startTail(plan: TailPlan): TailProcess {
  const child = spawn(process.execPath, [binFile, ...argumentsOf(plan)], {
    stdio: ["ignore", "ignore", "pipe"],
    env: { ...plan.environment, DIRSYNC_API_KEY: plan.apiKey, DEMO_DATABASE: plan.appDatabase },
  });
  child.stderr?.pipe(createWriteStream(logFile(plan.folder), { flags: "a" }));
  let lastWords = "";
  child.stderr?.on("data", (chunk: Buffer) => {
    lastWords = `${lastWords}${chunk.toString("utf8")}`.slice(-lastWordsCharactersMax);
  });
  let isExpectedToEnd = false;
  const end = async (signal: NodeJS.Signals): Promise<void> => {
    isExpectedToEnd = true;
    if (hasEnded(child)) return;
    const gone = new Promise<void>((resolve) => child.once("exit", () => resolve()));
    child.kill(signal);
    await gone;
  };
  return {
    pid: child.pid ?? 0,
    check: () => {
      if (isExpectedToEnd || !hasEnded(child)) return;
      const message = `dirsync tail ended by itself, with exit code ${String(child.exitCode)}. It said: ${lastWords.trim()}`;
      throw new DirsyncError(message, { code: "demo_failed", retryable: false });
    },
    kill: () => end("SIGKILL"),
    stop: () => end("SIGTERM"),
  };
}

function argumentsOf({ folder, baseUrl, appDatabase }: TailPlan): readonly string[] {
  // Through sh, because packing takes away that a file may be executed.
  const hook = ["sh", join(demoFolder, "hook.sh"), appDatabase, process.execPath].map((word) => `'${word}'`).join(" ");
  return [
    "tail",
    `--base-url=${baseUrl}`,
    `--state=${join(folder, "tail.db")}`,
    `--handlers=${join(demoFolder, "handlers.ts")}`,
    `--exec=${hook}`,
  ];
}

function logFile(folder: string): string {
  return join(folder, "tail.log");
}

function hasEnded(child: ChildProcess): boolean {
  return child.exitCode !== null || child.signalCode !== null;
}
