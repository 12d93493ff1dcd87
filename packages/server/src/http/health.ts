import type { Runtime } from "@dirsync/sdk";
import type { Store } from "../store/model.ts";
import { HttpProblem } from "./problem.ts";

// Probes wait for a second, and after some that fail a server is started anew, and an import with it.
const waitsMs = 500;

// The largest import takes some ten seconds. What takes this long does not end.
const busyMaxMs = 5 * 60_000;

/** What whoever probes the server is told. */
export type Health = "ok" | "busy";

/**
 * Tells whether the store can be read: `busy` while one change, such as a large import, keeps everybody else waiting.
 * What it returns throws what reading throws, and 503 where one change has kept everybody waiting for five minutes.
 */
export function createHealth(store: Pick<Store, "read">, runtime: Pick<Runtime, "now" | "sleep">) {
  let busySinceMs: number | null = null;
  const look = async (): Promise<Health> => {
    const waiting = new AbortController();
    try {
      return await Promise.race([
        store.read((data) => data.log.oldestId()).then(() => "ok" as const),
        runtime.sleep(waitsMs, waiting.signal).then(() => "busy" as const),
      ]);
    } finally {
      waiting.abort();
    }
  };
  return async (): Promise<Health> => {
    const health = await look();
    busySinceMs = health === "ok" ? null : (busySinceMs ?? runtime.now());
    if (busySinceMs !== null && runtime.now() - busySinceMs >= busyMaxMs) throw stuck();
    return health;
  };
}

function stuck(): HttpProblem {
  const message =
    "One change has kept everybody else waiting for five minutes, which no change should. Start the server again: a change that was not finished is taken back.";
  return new HttpProblem(503, { code: "busy", message });
}
