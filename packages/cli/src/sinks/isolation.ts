import { spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { ConfigError } from "@dirsync/sdk";

/** A process for handlers, as it is started. */
export interface HandlerHost {
  readonly command: readonly [program: string, ...arguments_: string[]];
  readonly environment: Readonly<Record<string, string>>;
}

/** Built, it lies beside the command; from source, where the build puts it. */
const hostFile = fileURLToPath(
  new URL(import.meta.url.endsWith(".ts") ? "../../dist/handler-host.js" : "handler-host.js", import.meta.url),
);

/** A module that waits for something while it is loaded would otherwise keep the tail from starting, without a word. */
const loadMs = 30_000;

/** How the process for this module is started. */
export function hostFor(file: string, environment: Readonly<Record<string, string>>, cacheFolder: string): HandlerHost {
  return { command: [process.execPath, hostFile, file, cacheFolder], environment };
}

/**
 * Loads the module once, in a process that ends right behind that.
 * @throws ConfigError when it cannot be used.
 */
export async function checkHandlers({ command, environment }: HandlerHost, file: string): Promise<void> {
  const [program, ...rest] = command;
  const child = spawn(program, [...rest, "check"], { env: environment, stdio: ["ignore", "ignore", "ignore", "pipe"] });
  const timer = setTimeout(() => child.kill("SIGKILL"), loadMs);
  let said = "";
  child.stdio[3]?.on("data", (piece: Buffer) => (said += piece.toString("latin1")));
  try {
    const [code, signal] = (await once(child, "close")) as [number | null, string | null];
    const mistake = said === "" ? endOf(code, signal) : mistakeIn(said);
    if (mistake !== null) throw new ConfigError(said === "" ? `${file} ${mistake}` : mistake, { where: "--handlers" });
  } finally {
    clearTimeout(timer);
  }
}

function mistakeIn(said: string): string | null {
  const { mistake } = JSON.parse(Buffer.from(said, "latin1").toString("utf8")) as { mistake: string | null };
  return mistake;
}

function endOf(code: number | null, signal: string | null): string {
  if (signal === "SIGKILL") return `could not be loaded within ${loadMs / 1_000} s.`;
  return `ended its process while it was loaded, with ${code === null ? String(signal) : code}.`;
}
