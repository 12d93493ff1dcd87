import type { Logger } from "@dirsync/sdk";

/** A request to end, made by a signal. */
export interface Shutdown {
  /** Aborted by the first SIGINT or SIGTERM: finish what is in flight and end. */
  readonly signal: AbortSignal;
  /** Stops listening. */
  release(): void;
}

/**
 * Listens for SIGINT and SIGTERM. The first asks for an orderly end; the second ends the process at once, because the
 * person or service manager who sends it has decided not to wait.
 */
export function listenForShutdown(log: Logger): Shutdown {
  const controller = new AbortController();
  const onSignal = (signal: NodeJS.Signals): void => {
    if (controller.signal.aborted) process.exit(signal === "SIGINT" ? 130 : 143);
    log.info({ signal }, "stopping; a second signal stops at once");
    controller.abort();
  };
  process.on("SIGINT", onSignal);
  process.on("SIGTERM", onSignal);
  return {
    signal: controller.signal,
    release: () => {
      process.off("SIGINT", onSignal);
      process.off("SIGTERM", onSignal);
    },
  };
}
