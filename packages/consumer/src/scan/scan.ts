/**
 * One scan, from its first list to its end.
 *
 * Lists say nothing of their place in the log, so that every page is held until the log has been read past whatever the
 * page can show (`Staging`), and then taken in row by row, except for what the log has said since shortly before the page
 * was asked for. What is here and was not listed is asked for by its id, and the answer goes the same way. Deletions come
 * last, and where they are too many they wait for a person. docs/adr has the argument, and test/fault/scans tries it.
 */
import type { Journal } from "../journal/model.ts";
import type { Runtime } from "@dirsync/sdk";
import { untilStored } from "../storage-hold.ts";
import { Lister } from "./lister.ts";
import type { ListsSource } from "./model.ts";
import type { Reading } from "./reading.ts";
import { Staging } from "./staging.ts";
import type { OpenScan } from "./store.ts";
import { Turns } from "./turns.ts";

/** What a scan works with. */
export interface ScanParts {
  readonly lists: ListsSource;
  readonly journal: Journal;
  readonly reading: Reading;
  readonly runtime: Runtime;
  /** Requests that may fail in a row. */
  readonly failuresMax: number;
  /** True while so much waits to be delivered that nothing may be added. */
  readonly isFull: () => Promise<boolean>;
  /** Called with the head of the journal whenever events were made. */
  readonly onMade: (headSeq: number) => void;
  readonly signal: AbortSignal;
}

/** Directories that are read at the same time. Each has its own pace upstream. */
const directoriesAtOnce = 4;

/**
 * Directories that are begun and not at their ends. What was read of each waits for one skew, 30 s by default: with four of them,
 * a thousand small directories would take two hours, in which nearly nothing is asked.
 */
const directoriesOpenMax = 256;

/** Rows of a transaction: more are hardly cheaper together, and hold up deliveries and the page that comes meanwhile. */
const rowsAtOnce = 200;

const pressureRestMs = 1_000;

/**
 * Makes the scan, from wherever it stands.
 * @throws what upstream or the journal throw when it does not pass; the scan stays where it was.
 */
export async function scan(open: OpenScan, parts: ScanParts): Promise<"complete" | "braked"> {
  const { journal, runtime, reading, signal } = parts;
  const { scans } = journal;
  const stored = <T>(transaction: () => Promise<T>): Promise<T> =>
    untilStored(transaction, { runtime, who: "scan", signal });
  if (open.state === "requested") await stored(() => scans.begin(open, runtime.now()));
  if (open.state !== "braked") {
    await observed(reading, runtime, signal);
    await readAll(open, parts);
  }
  for (const directoryId of await scans.directoriesToSettle(open)) {
    await stored(() => scans.weigh(open, directoryId));
    for (;;) {
      const { outcome, headSeq } = await stored(() => scans.settle(open, directoryId, runtime.now()));
      if (outcome !== "more") break;
      if (headSeq !== null) parts.onMade(headSeq);
      await runtime.sleep(0, signal);
      await room(parts);
    }
  }
  return stored(() => scans.conclude(open, runtime.now()));
}

/**
 * A scan begins when the log has been read to its end and for one skew: what another process had read just before is not
 * known to this one, and may be newer than what the lists show. What an earlier scan has made is older than them only once it
 * was made one skew ago: whoever it brought would not be looked for.
 */
async function observed(reading: Reading, runtime: Runtime, signal: AbortSignal): Promise<void> {
  await reading.endAskedSince(reading.startedAtMs, signal);
  // One millisecond more, because clocks are read in whole ones.
  for (;;) {
    const restMs = reading.floorInMs() + 1;
    if (restMs <= 0) return;
    await runtime.sleep(restMs, signal);
  }
}

async function readAll(open: OpenScan, parts: ScanParts): Promise<void> {
  const over = new AbortController();
  const stop = (): void => over.abort(parts.signal.reason);
  parts.signal.addEventListener("abort", stop, { once: true });
  const staging = new Staging(over.signal);
  const inner = { ...parts, signal: over.signal };
  const ending = async (work: Promise<void>): Promise<void> => {
    try {
      await work;
    } catch (error) {
      over.abort(error);
      throw error;
    }
  };
  try {
    await Promise.all([ending(list(open, inner, staging)), ending(release(open, inner, staging))]);
  } finally {
    parts.signal.removeEventListener("abort", stop);
    over.abort();
  }
}

async function list(open: OpenScan, parts: ScanParts, staging: Staging): Promise<void> {
  const { lists, reading, runtime, failuresMax, signal } = parts;
  const { scans: store } = parts.journal;
  const turns = new Turns(directoriesAtOnce);
  const shared = { scan: open, store, lists, reading, staging, turns, runtime, failuresMax, signal };
  const lister = (): Lister => new Lister(shared);
  const { directoryIds } = open.scope;
  await (directoryIds === undefined ? lister().read(null) : lister().readDirectories(directoryIds));
  do {
    const directories = [...(await store.directoriesToScan(open))];
    const lane = async (): Promise<void> => {
      for (let id = directories.shift(); id !== undefined; id = directories.shift()) await lister().read(id);
    };
    await Promise.all(Array.from({ length: Math.min(directoriesOpenMax, directories.length) }, lane));
    // What is asked about may have lists of its own.
  } while (await lister().readDoubts());
  staging.close();
}

/** Takes in what was read as soon as the log has been read past it. */
async function release(open: OpenScan, parts: ScanParts, staging: Staging): Promise<void> {
  const { journal, reading, runtime, onMade, signal } = parts;
  for (let first = await staging.first(); first !== null; first = await staging.first()) {
    const { dueMs } = first;
    await reading.endAskedSince(dueMs, signal);
    await room(parts);
    const due = staging.due(reading.endAskedAtMs, rowsAtOnce);
    const releases = due.map(({ release: each }) => each);
    const taken = await untilStored(() => journal.scans.release(open, releases, runtime.now()), {
      runtime,
      who: "scan",
      signal,
    });
    for (const [index, released] of taken.entries()) due[index]?.onReleased?.(released);
    staging.shift(due.length);
    const headSeq = Math.max(...taken.map((released) => released.headSeq ?? 0));
    if (headSeq > 0) onMade(headSeq);
    // Deliveries go on between two transactions.
    await runtime.sleep(0, signal);
  }
}

async function room({ isFull, runtime, signal }: ScanParts): Promise<void> {
  while (await isFull()) await runtime.sleep(pressureRestMs, signal);
}
