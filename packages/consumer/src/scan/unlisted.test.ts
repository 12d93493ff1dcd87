/** A list that is too long to be searched at once for who is here and was not on it. */
import { expect, test } from "vitest";
import { makeEvent } from "../fixtures/events.ts";
import { append, boundJournal } from "../fixtures/journal-steps.ts";
import { beginScan, listDirectory, listedUser, listPage } from "../fixtures/scan-steps.ts";
import { VirtualClock } from "../fixtures/virtual-clock.ts";
import type { Journal } from "../journal/model.ts";
import { Lister } from "./lister.ts";
import type { ListsSource } from "./model.ts";
import { Reading } from "./reading.ts";
import { Staging } from "./staging.ts";
import { Turns } from "./turns.ts";
import type { OpenScan, ScanStore, Searched } from "./store.ts";

const count = 12_000;
const idOf = (index: number): string => `u${String(index).padStart(5, "0")}`;

/** A directory with 12,000 users, of whom the list has shown all but a few. */
async function longList(unlisted: readonly string[]): Promise<{ journal: Journal; scan: OpenScan; number: number }> {
  const journal = await boundJournal();
  const ids = Array.from({ length: count }, (_, index) => idOf(index));
  const events = ids.map((user, index) => makeEvent(index + 2, { name: "dsync.user.created", user, second: 1 }));
  await append(journal, [makeEvent(1, { name: "dsync.activated" }), ...events]);
  const scan = await beginScan(journal);
  await listDirectory(journal, scan);
  const shown = ids.filter((id) => !unlisted.includes(id));
  await listPage(journal, scan, { rows: shown.map((id) => listedUser(id, { created_at: stamp, updated_at: stamp })) });
  const list = await journal.scans.nextToSearch(scan, "d1", 0);
  return { journal, scan, number: list?.number ?? 0 };
}

const stamp = "2026-01-15T12:00:01.000Z";

test("a long list is searched part by part, and finds whoever is missing from any of them", async () => {
  const unlisted = [0, 4_999, 5_000, 9_999, 10_000, 11_999].map(idOf);
  const { journal, scan, number } = await longList(unlisted);
  const parts: (readonly string[])[] = [];
  for (let place: string | null = ""; place !== null;) {
    const { missing, after }: Searched = await journal.scans.search(scan, number, place);
    parts.push(missing.map((reference) => ("id" in reference ? reference.id : "")));
    place = after;
  }
  expect(parts).toEqual([[0, 4_999].map(idOf), [5_000, 9_999].map(idOf), [10_000, 11_999].map(idOf)]);
});

test("a long list from which nobody is missing ends all the same", async () => {
  const { journal, scan, number } = await longList([]);
  const list = await journal.scans.nextToSearch(scan, "d1", 0);
  expect(list?.collection).toEqual({ kind: "user", directoryId: "d1" });
  await journal.scans.release(scan, [{ kind: "end", collection: number }], 0);
  expect(await journal.scans.nextToSearch(scan, "d1", 0)).toBeNull();
});

test("between two parts of a search, others have their turn", async () => {
  const { journal, scan } = await longList([]);
  let turns = 0;
  const turning = setInterval(() => (turns += 1), 0);
  const atTurn: number[] = [];
  const store = new Proxy<ScanStore>(journal.scans, {
    get: (target, name) => {
      const member: unknown = Reflect.get(target, name, target);
      if (typeof member !== "function") return member;
      if (name === "search") atTurn.push(turns);
      return member.bind(target) as unknown;
    },
  });
  const stop = new AbortController();
  const { signal } = stop;
  const clock = new VirtualClock();
  // Of a real clock, because a turn is a real one.
  const runtime = {
    ...clock.runtime,
    sleep: (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms)),
  };
  const reading = new Reading(runtime, 0);
  reading.noteHead(1);
  const nothing: ListsSource["page"] = () => Promise.resolve({ rows: [], after: null });
  const lists = { identity: "https://log.test", page: nothing, get: () => Promise.resolve(null) };
  const staging = new Staging(signal);
  const reader = new Lister({
    scan,
    store,
    lists,
    reading,
    staging,
    turns: new Turns(1),
    runtime,
    failuresMax: 0,
    signal,
  });
  const releasing = (async () => {
    for (let staged = await staging.first(); staged !== null; staged = await staging.first()) {
      await journal.scans.release(scan, [staged.release], 0);
      staging.shift();
    }
  })();
  try {
    await reader.read("d1");
    staging.close();
    await releasing;
  } finally {
    clearInterval(turning);
    stop.abort();
  }
  expect(atTurn).toHaveLength(3);
  expect(new Set(atTurn).size).toBe(3);
});
