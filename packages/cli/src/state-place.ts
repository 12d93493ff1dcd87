/**
 * Whether the state file that is open still is the one at its path. A file that was deleted, or that another one was put over,
 * goes on working for whoever has it open, and is gone with the process: nothing fails until then.
 */
import { statSync } from "node:fs";
import type { StreamStatus } from "@dirsync/consumer";
import type { Runtime } from "@dirsync/sdk";

/** What has become of the path. */
export type Displacement = "deleted" | "replaced";

/** Looking costs microseconds, and what is found out within seconds is soon enough. */
const lookEveryMs = 5_000;
/** How often it is said again while nobody does anything about it. */
const sayEveryMs = 60 * 60 * 1_000;

/** The place of a file that has just been opened. */
export class StatePlace {
  readonly #path: string;
  readonly #opened: string | null;

  constructor(path: string) {
    this.#path = path;
    this.#opened = identityAt(path);
  }

  /** Null while the file is at its path, and where nobody can tell. */
  look(): Displacement | null {
    if (this.#opened === null) return null;
    try {
      const there = identityAt(this.#path);
      if (there === this.#opened) return null;
      return there === null ? "deleted" : "replaced";
    } catch {
      // A folder that may not be looked into just now says nothing about the file.
      return null;
    }
  }
}

/** Device and inode; null when there is nothing. */
function identityAt(path: string): string | null {
  const found = statSync(path, { bigint: true, throwIfNoEntry: false });
  return found === undefined ? null : `${found.dev}:${found.ino}`;
}

/** A displacement for people. */
export function tellDisplacement(displacement: Displacement): string {
  const what = displacement === "deleted" ? "was deleted" : "was replaced by another file";
  return `the state file ${what} while it is in use, and is lost when this process ends; see the log`;
}

/** What is watched, and who is told. */
export interface PlaceWatch {
  readonly place: StatePlace;
  readonly path: string;
  readonly status: () => Promise<StreamStatus>;
  readonly runtime: Runtime;
  readonly signal: AbortSignal;
}

/** Looks now and then until aborted, and says when the file is at its path no more. */
export async function watchPlace({ place, path, status, runtime, signal }: PlaceWatch): Promise<void> {
  let said: Displacement | null = null;
  let saidAtMs = 0;
  while (
    await runtime.sleep(lookEveryMs, signal).then(
      () => true,
      () => false,
    )
  ) {
    const found = place.look();
    const isNew = found !== said || (found !== null && runtime.now() - saidAtMs >= sayEveryMs);
    if (!isNew) continue;
    [said, saidAtMs] = [found, runtime.now()];
    if (found === null) runtime.log.info({ state: path }, "the state file is at its path again");
    else runtime.log.error({ state: path, what: found }, await adviceFor(found, status));
  }
}

async function adviceFor(displacement: Displacement, status: PlaceWatch["status"]): Promise<string> {
  const from = await status().then(resumeFrom, () => "an ISO time before the last event you have handled");
  const other = displacement === "replaced" ? ", and not with the file that is there now unless you mean it" : "";
  return (
    "the state file is not at its path any more: the tail goes on with it, no command reaches it, and all of it (dead letters, " +
    "what sinks have still to get) is lost when the tail ends. Put the file back if it was moved; else stop the tail and start it " +
    `with a new file and --from ${from}${other}. Some events will come again`
  );
}

/** Where a new state file would miss nothing that a sink has not had. */
function resumeFrom({ cursor, sinks }: StreamStatus): string {
  const pending = sinks
    .flatMap(({ oldestPendingAtMs, oldestParkedAtMs }) => [oldestPendingAtMs, oldestParkedAtMs])
    .filter((ms) => ms !== null);
  if (pending.length > 0) return new Date(Math.min(...pending)).toISOString();
  return cursor ?? "start";
}
