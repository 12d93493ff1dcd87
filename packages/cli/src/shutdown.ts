import { constants } from "node:os";
import type { Logger } from "@dirsync/sdk";

/** A request to end, made by a signal. */
export interface Shutdown {
  /** Aborted by the first SIGINT or SIGTERM: finish what is in flight and end. */
  readonly signal: AbortSignal;
  /** Stops listening. */
  release(): void;
}

/** What else a process does on signals. */
export interface SignalOptions {
  /** Called on SIGHUP. Without it, SIGHUP asks for an orderly end: the terminal has been closed. */
  readonly onReload?: () => void;
}

/**
 * Listens for SIGINT and SIGTERM. The first asks for an orderly end; the second ends the process at once, because the
 * person or service manager who sends it has decided not to wait.
 */
export function listenForShutdown(log: Logger, { onReload }: SignalOptions = {}): Shutdown {
  const controller = new AbortController();
  const onSignal = (signal: NodeJS.Signals): void => {
    if (controller.signal.aborted) process.exit(128 + constants.signals[signal]);
    log.info({ signal }, "stopping; a second signal stops at once");
    controller.abort();
  };
  // On the way out there is nothing left to read anew.
  const onHangUp = (signal: NodeJS.Signals): void => {
    if (onReload === undefined) onSignal(signal);
    else if (!controller.signal.aborted) onReload();
  };
  const listeners = new Map<NodeJS.Signals, (signal: NodeJS.Signals) => void>([
    ["SIGINT", onSignal],
    ["SIGTERM", onSignal],
    ["SIGHUP", onHangUp],
  ]);
  for (const [signal, listener] of listeners) process.on(signal, listener);
  return {
    signal: controller.signal,
    release: () => {
      for (const [signal, listener] of listeners) process.off(signal, listener);
    },
  };
}

/** SIGHUPs that came before there was anything to read anew. */
export interface EarlyHangUps {
  /** Stops listening. True when one came. */
  release(): boolean;
}

/** Takes note of SIGHUP until a tail listens for it itself: it would end the process, while handlers are loaded. */
export function noteHangUps(): EarlyHangUps {
  let hasCome = false;
  const onHangUp = (): void => {
    hasCome = true;
  };
  process.on("SIGHUP", onHangUp);
  return {
    release: () => {
      process.off("SIGHUP", onHangUp);
      return hasCome;
    },
  };
}
