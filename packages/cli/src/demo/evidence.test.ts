import type { DirectoryEvent } from "@dirsync/sdk";
import { describe, expect, test } from "vitest";
import type { Arrival } from "./app.ts";
import { examine } from "./evidence.ts";

const at = (ms: number): string => new Date(1_700_000_000_000 + ms).toISOString();
const event = (id: string, directory: string): DirectoryEvent => ({
  id,
  event: "dsync.user.created",
  created_at: at(0),
  data: { id: `user_${id}`, directory_id: directory },
});
const arrival = (eventId: string, ms = 0): Arrival => ({
  receiver: "accounts",
  eventId,
  receivedAtMs: 1_700_000_000_000 + ms,
});

const log = [event("1", "a"), event("2", "b"), event("3", "a"), event("4", "b")];
const judge = (...ids: readonly string[]) =>
  examine(
    "accounts",
    log,
    ids.map((id) => arrival(id)),
  );

describe("the demo's evidence", () => {
  test("everything once and in order", () => {
    expect(judge("1", "2", "3", "4")).toMatchObject({ arrivals: 4, lost: 0, duplicates: 0, outOfOrder: 0 });
  });

  test("directories do not wait for each other", () => {
    expect(judge("2", "4", "1", "3")).toMatchObject({ lost: 0, outOfOrder: 0 });
  });

  test("an event that never came is lost", () => {
    expect(judge("1", "2", "4")).toMatchObject({ lost: 1 });
  });

  test("an event that came twice is counted, and only its first arrival says where it stands", () => {
    expect(judge("1", "3", "1", "2", "4")).toMatchObject({ duplicates: 1, outOfOrder: 0 });
  });

  test("a later event of the same directory that came first is out of order", () => {
    expect(judge("3", "1", "2", "4")).toMatchObject({ outOfOrder: 1 });
  });

  test("another receiver's arrivals do not count", () => {
    expect(examine("badges", log, [arrival("1")])).toMatchObject({ arrivals: 0, lost: 4 });
  });

  test("lag is from the event to its first arrival", () => {
    const arrivals = [arrival("1", 100), arrival("2", 200), arrival("3", 900), arrival("3", 9_000), arrival("4", 200)];
    expect(examine("accounts", log, arrivals)).toMatchObject({ medianLagMs: 200, longestLagMs: 900 });
  });
});
