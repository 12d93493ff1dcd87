import { ApiError, ConnectionError } from "@dirsync/sdk";
import { describe, expect, test } from "vitest";
import { boundJournal } from "../fixtures/journal-steps.ts";
import { beginScan, listDirectory, listedUser } from "../fixtures/scan-steps.ts";
import { VirtualClock } from "../fixtures/virtual-clock.ts";
import type { Journal } from "../journal/model.ts";
import { Lister } from "./lister.ts";
import type { ListedPage, ListsSource } from "./model.ts";
import { Reading } from "./reading.ts";
import { Staging } from "./staging.ts";
import { Turns } from "./turns.ts";

type Page = ListsSource["page"];

function refused(status: number): ApiError {
  const none = { requestId: null, retryAfterMs: null, problems: [], bodyExcerpt: "" };
  return new ApiError(`Upstream answered ${status}.`, { code: "x", retryable: false, status, ...none });
}

const nothing: ListedPage = { rows: [], after: null };

/** Reads what is in `d1` from lists of users that `users` shows, and takes in everything at once. */
async function read(
  users: Page,
  get: ListsSource["get"] = async () => null,
): Promise<{ journal: Journal; asked: (string | null)[] }> {
  const journal = await boundJournal();
  const scan = await beginScan(journal);
  await listDirectory(journal, scan);
  const clock = new VirtualClock();
  const { runtime } = clock;
  const stop = new AbortController();
  const { signal } = stop;
  const reading = new Reading(runtime, 0);
  reading.noteHead(1);
  const asked: (string | null)[] = [];
  const page: Page = async (collection, after, given) => {
    if (collection.kind !== "user") return nothing;
    asked.push(after);
    return users(collection, after, given);
  };
  const staging = new Staging(signal);
  const lists = { identity: "https://log.test", page, get };
  const lister = new Lister({
    scan,
    store: journal.scans,
    lists,
    reading,
    staging,
    turns: new Turns(1),
    runtime,
    failuresMax: 2,
    signal,
  });
  const releasing = (async () => {
    for (let staged = await staging.first(); staged !== null; staged = await staging.first()) {
      const [released] = await journal.scans.release(scan, [staged.release], 0);
      if (released !== undefined) staged.onReleased?.(released);
      staging.shift();
    }
  })();
  releasing.catch(() => undefined);
  try {
    await clock.runUntil(lister.read("d1"));
    staging.close();
    await releasing;
  } finally {
    stop.abort();
  }
  return { journal, asked };
}

async function listed(journal: Journal): Promise<object | undefined> {
  const status = await journal.scans.scanStatus();
  return { listed: status?.tallies.user.listed, ...status?.collections };
}

describe("a list", () => {
  test("is read page by page to its end", async () => {
    const pages: Record<string, ListedPage> = {
      "": { rows: [listedUser("u1")], after: "u1" },
      u1: { rows: [listedUser("u2")], after: null },
    };
    const { journal, asked } = await read(async (_list, after) => pages[after ?? ""] ?? nothing);
    expect(asked).toEqual([null, "u1"]);
    expect(await listed(journal)).toEqual({ listed: 2, known: 3, done: 3 });
  });

  test("whose place was lost is read from its beginning, and counts nobody twice", async () => {
    let isLost = true;
    const { journal, asked } = await read(async (_list, after) => {
      if (after === null) return { rows: [listedUser("u1")], after: "u1" };
      if (!isLost) return { rows: [listedUser("u2")], after: null };
      isLost = false;
      throw refused(400);
    });
    expect(asked).toEqual([null, "u1", null, "u1"]);
    expect(await listed(journal)).toEqual({ listed: 2, known: 3, done: 3 });
  });

  test("of a directory that is gone ends, and so do the others of it", async () => {
    const { journal } = await read(async () => {
      throw refused(404);
    });
    expect(await listed(journal)).toEqual({ listed: 0, known: 3, done: 3 });
  });

  test("that is refused although its directory is there ends the scan", async () => {
    const reading = read(
      async () => {
        throw refused(422);
      },
      async ({ kind }) => (kind === "directory" ? { id: "d1", state: "active" } : null),
    );
    await expect(reading).rejects.toMatchObject({ status: 422 });
  });

  test("is asked for again when the service is away for a moment, and not for ever", async () => {
    let failures = 0;
    const away =
      (times: number): Page =>
      async () => {
        failures += 1;
        if (failures <= times) throw new ConnectionError("Away.", { code: "unreachable" });
        return nothing;
      };
    expect((await read(away(2))).asked).toHaveLength(3);
    failures = 0;
    await expect(read(away(9))).rejects.toMatchObject({ code: "unreachable" });
  });

  test("that goes round in a circle is given up, and says so", async () => {
    const reading = read(async () => ({ rows: [listedUser("u1")], after: "u1" }));
    await expect(reading).rejects.toMatchObject({ code: "list_stuck" });
  });

  test("whose place is lost over and over again is given up, also when each beginning has something new", async () => {
    let count = 0;
    const reading = read(async (_list, after) => {
      if (after !== null) throw refused(400);
      count += 1;
      return { rows: [listedUser(`u${count}`)], after: `u${count}` };
    });
    await expect(reading).rejects.toThrow("could not be gone on with");
    expect(count).toBe(51);
  });
});
