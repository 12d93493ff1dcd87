import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { expect, test } from "vitest";
import { DirectorySync } from "../client.ts";
import { listBody } from "../http/test-server.ts";
import type { Page } from "../index.ts";

/** Far more pages than anybody could keep unseen here; test/fault/heap.test.ts walks a million, with too little memory for them. */
const usersTotal = 20_000;
const pageSize = 100;

/** Seconds on an idle machine, and more where it is shared. */
const timeoutMs = 120_000;

/** Vitest's workers are started without it. */
setFlagsFromString("--expose-gc");
const collectGarbage = runInNewContext("gc") as () => void;

/** A service with many users. A transport in its place: this is about the walk, not the network. */
function bigClient(onAsk: () => Promise<void> = async () => Promise.resolve()): DirectorySync {
  const stamps = { created_at: "2026-01-15T12:00:00.000Z", updated_at: "2026-01-15T12:00:00.000Z" };
  const user = { object: "directory_user", directory_id: "directory_1", state: "active", ...stamps };
  const users = Array.from({ length: pageSize }, (_, index) => ({ ...user, id: `directory_user_${index}` }));
  return new DirectorySync({
    apiKey: "sk_test",
    // The real service would be kept to four pages a second.
    rateLimit: false,
    transport: async ({ url }) => {
      await onAsk();
      const end = Number(new URL(url).searchParams.get("after") ?? 0) + pageSize;
      const body = JSON.stringify(listBody(users, end < usersTotal ? String(end) : null));
      return { status: 200, headers: {}, body: new TextEncoder().encode(body) };
    },
  });
}

/** Walks all users and counts the pages still in memory, now and then, after the garbage collector has run. */
async function pagesHeldMax(onPage: (page: Page<unknown>) => void): Promise<{ users: number; held: number }> {
  const refs: WeakRef<object>[] = [];
  let users = 0;
  let held = 0;
  for await (const page of bigClient().users.list({ directory: "directory_1" }).pages()) {
    refs.push(new WeakRef(page));
    users += page.data.length;
    onPage(page);
    if (refs.length % 50 !== 0) continue;
    // A WeakRef keeps its target until the turn in which it was made or read has ended.
    await new Promise((resolve) => setImmediate(resolve));
    collectGarbage();
    held = Math.max(held, refs.filter((ref) => ref.deref() !== undefined).length);
  }
  return { users, held };
}

test("a walk over twenty thousand users holds a page or two at a time", { timeout: timeoutMs }, async () => {
  const walk = await pagesHeldMax(() => undefined);
  expect(walk.users).toBe(usersTotal);
  expect(walk.held).toBeLessThanOrEqual(3);
});

/** Walks four pages of users, and counts those still in memory while each page after the first is on its way. */
async function usersHeldMax(onUser: (user: object) => void): Promise<number> {
  const refs: WeakRef<object>[] = [];
  let held = 0;
  const client = bigClient(async () => {
    await new Promise((resolve) => setImmediate(resolve));
    collectGarbage();
    held = Math.max(held, refs.filter((ref) => ref.deref() !== undefined).length);
  });
  for await (const user of client.users.list({ directory: "directory_1" })) {
    refs.push(new WeakRef(user));
    onUser(user);
    if (refs.length === 4 * pageSize) break;
  }
  return held;
}

test("a walk over users has let go of a page when it waits for the next one", async () => {
  // The loop itself may still have the last user that it was given.
  expect(await usersHeldMax(() => undefined)).toBeLessThanOrEqual(1);
});

test("(control) the count of users finds those that are kept", async () => {
  const kept: object[] = [];
  expect(await usersHeldMax((user) => kept.push(user))).toBe(3 * pageSize);
});

test("(control) the count of pages finds a walk that keeps its pages", { timeout: timeoutMs }, async () => {
  const kept: Page<unknown>[] = [];
  const walk = await pagesHeldMax((page) => kept.push(page));
  expect(walk.held).toBe(usersTotal / pageSize);
});
