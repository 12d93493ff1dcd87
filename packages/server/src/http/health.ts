import type { Runtime } from "@dirsync/sdk";
import type { Store } from "../store/model.ts";
import { HttpProblem } from "./problem.ts";

// Probes wait for a second, and after some that fail a server is started anew, and an import with it.
const waitsMs = 500;

// The largest import takes some ten seconds. What takes this long does not end.
const busyMaxMs = 5 * 60_000;

/** What whoever probes the server is told. */
export type Health = "ok" | "busy" | "read_only";

/**
 * Tells whether the store can be read: `busy` while one change, such as a large import, keeps everybody else waiting,
 * `read_only` while the disk refuses changes. Neither is mended by starting the server anew, which needs the disk itself.
 * What it returns throws what reading throws, and 503 where one change has kept everybody waiting for five minutes.
 */
export function createHealth(
  store: Pick<Store, "read" | "takesWrites">,
  runtime: Pick<Runtime, "now" | "sleep">,
): () => Promise<Health> {
  // Since when reads have waited; null once one was let in, be it long after its probe was answered.
  let waitingSinceMs: number | null = null;
  const read = async (): Promise<Health> => {
    waitingSinceMs ??= runtime.now();
    try {
      await store.read((data) => data.log.oldestId());
      return (await store.takesWrites()) ? "ok" : "read_only";
    } finally {
      waitingSinceMs = null;
    }
  };
  return async () => {
    const answered = new AbortController();
    try {
      const busy = runtime.sleep(waitsMs, answered.signal).then(() => "busy" as const);
      const health = await Promise.race([read(), busy]);
      if (waitingSinceMs !== null && runtime.now() - waitingSinceMs >= busyMaxMs) throw stuck();
      return health;
    } finally {
      answered.abort();
    }
  };
}

function stuck(): HttpProblem {
  const message =
    "One change has kept everybody else waiting for five minutes, which no change should. Start the server again: a change that was not finished is taken back.";
  return new HttpProblem(503, { code: "busy", message });
}
