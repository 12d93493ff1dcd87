import type { Runtime } from "@dirsync/sdk";

/**
 * The runtime with a clock that is never set back. Whoever waits until a time must not wait a day longer because somebody
 * has corrected the machine's clock; when it is set back, time goes on from where it was.
 */
export function steadyClock(runtime: Runtime): Runtime {
  let lastMs = Number.NEGATIVE_INFINITY;
  let aheadMs = 0;
  const { monotonicNow } = runtime;
  return {
    ...(monotonicNow === undefined ? {} : { monotonicNow }),
    now: () => {
      const nowMs = runtime.now();
      if (nowMs < lastMs) aheadMs += lastMs - nowMs;
      lastMs = nowMs;
      return nowMs + aheadMs;
    },
    sleep: (ms, signal) => runtime.sleep(ms, signal),
    random: () => runtime.random(),
    log: runtime.log,
  };
}
