/**
 * What systemd wants to hear of a service of `Type=notify` (sd_notify(3)): that it is ready, what it does, that it stops,
 * and, where a watchdog is set, that it is still alive. Node cannot send datagrams to a Unix socket, so `systemd-notify`
 * does it for us; the unit needs `NotifyAccess=all` for that.
 */
import { spawn } from "node:child_process";
import type { Logger } from "@dirsync/sdk";
import type { Environment } from "./context.ts";

/** Whoever started us and wants to know how we are; or nobody, and then nothing happens. */
export interface ServiceManager {
  /** Everything is set up; what was configured has been taken. */
  ready(status: string): void;
  reloading(): void;
  stopping(): void;
  /** Ends the sign of life. */
  release(): void;
}

/** The service manager that the environment speaks of. */
export function serviceManagerOf(environment: Environment, log: Logger): ServiceManager {
  const socket = environment["NOTIFY_SOCKET"];
  if (socket === undefined || socket === "") return nobody;
  const tell = teller(socket, environment, log);
  const everyMs = watchdogMs(environment);
  let watchdog: NodeJS.Timeout | null = null;
  return {
    ready: (status) => {
      tell(["READY=1", `STATUS=${status}`]);
      // A timer that fires is what there is to prove: that the event loop turns.
      if (everyMs !== null) watchdog ??= setInterval(() => tell(["WATCHDOG=1"]), everyMs);
    },
    reloading: () => tell(["STATUS=Reading the configuration again"]),
    stopping: () => tell(["STOPPING=1", "STATUS=Finishing what is in flight"]),
    release: () => {
      if (watchdog !== null) clearInterval(watchdog);
    },
  };
}

const nobody: ServiceManager = {
  ready: () => undefined,
  reloading: () => undefined,
  stopping: () => undefined,
  release: () => undefined,
};

/** Half of what is allowed, as sd_watchdog_enabled(3) recommends; null when there is no watchdog or it is not for us. */
function watchdogMs(environment: Environment): number | null {
  const microseconds = Number(environment["WATCHDOG_USEC"]);
  const pid = environment["WATCHDOG_PID"];
  if (!Number.isFinite(microseconds) || microseconds <= 0) return null;
  return pid === undefined || pid === String(process.pid) ? Math.max(1, Math.floor(microseconds / 2_000)) : null;
}

function teller(socket: string, environment: Environment, log: Logger): (words: readonly string[]) => void {
  let hasFailed = false;
  const fail = (reason: string): void => {
    if (!hasFailed) log.warn({ reason }, "cannot tell systemd how we are");
    hasFailed = true;
  };
  return (words) => {
    // The tool needs nothing else of our environment, and must not see the key.
    const env = { NOTIFY_SOCKET: socket, PATH: environment["PATH"] ?? "/usr/bin:/bin" };
    spawn("systemd-notify", [...words], { env, stdio: "ignore" })
      .on("error", ({ message }) => fail(message))
      .on("exit", (code) => {
        if (code !== 0) fail(`systemd-notify exited with ${String(code)}`);
      });
  };
}
