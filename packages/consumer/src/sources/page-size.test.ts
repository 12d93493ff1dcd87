import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { ConnectionError, type DirectoryEvent, DirectorySync, systemRuntime, undiciTransport } from "@dirsync/sdk";
import { describe, expect, onTestFinished, test } from "vitest";
import { makeEvent, makeLog } from "../fixtures/events.ts";
import { type LogLine, recordingLogger } from "../fixtures/virtual-clock.ts";
import { eventsApiSource } from "./events-api.ts";
import { listsApiSource } from "./lists-api.ts";
import { PageSize } from "./page-size.ts";

const tooLarge = new ConnectionError("The answer is larger than it may be.", { code: "body_too_large" });

/** Asks for pages of rows of these weights, of which an answer may come to 100, and returns the limits that were asked for. */
async function limitsFor(weights: readonly number[], size = new PageSize()): Promise<number[]> {
  const limits: number[] = [];
  for (let next = 0; next < weights.length;) {
    const count = await size.read(
      (limit) => {
        limits.push(limit);
        const page = weights.slice(next, next + limit);
        const weight = page.reduce((sum, each) => sum + each, 0);
        return weight > 100 ? Promise.reject(tooLarge) : Promise.resolve(page.length);
      },
      `Row ${next + 1}`,
    );
    next += count;
  }
  return limits;
}

describe("the size of pages", () => {
  test("is as large as the service allows where that is well", async () => {
    await expect(limitsFor(Array.from({ length: 250 }, () => 1))).resolves.toEqual([100, 100, 100]);
  });

  test("is halved until an answer is not too large, and stays so for a while", async () => {
    const limits = await limitsFor(Array.from({ length: 100 }, () => 10));
    const seven = (times: number): number[] => Array.from({ length: times }, () => 7);
    expect(limits).toEqual([100, 50, 25, 13, ...seven(10), 14, ...seven(5)]);
  });

  test("comes back where the large rows are behind us", async () => {
    const limits = await limitsFor([100, ...Array.from({ length: 3_000 }, () => 1)]);
    expect(limits.slice(0, 9)).toEqual([100, 50, 25, 13, 7, 4, 2, 1, 1]);
    expect(limits.at(-1)).toBe(100);
  });

  test("is one at the least: a row that is too large by itself is an error", async () => {
    const size = new PageSize();
    await expect(limitsFor([1, 101], size)).rejects.toMatchObject({ code: "body_too_large", cause: tooLarge });
    await expect(limitsFor([1, 101], size)).rejects.toThrow(/^Row 2 is too large by itself.*--answer-bytes-max/);
    await expect(size.read((limit) => Promise.resolve(limit), "Row 1")).resolves.toBe(1);
  });

  test("has nothing to do with other errors", async () => {
    const size = new PageSize();
    const refused = new ConnectionError("gone", { code: "unreachable" });
    await expect(size.read(() => Promise.reject(refused), "Row 1")).rejects.toBe(refused);
    await expect(size.read((limit) => Promise.resolve(limit), "Row 1")).resolves.toBe(100);
  });
});

/** A service with rows of a kilobyte each, and a client that takes answers of ten. */
async function serviceWithLarge(rows: readonly object[]): Promise<DirectorySync> {
  const server = createServer((request, response) => {
    const query = new URL(request.url ?? "/", "http://upstream.test").searchParams;
    const begin = rows.findIndex((row) => "id" in row && row.id === query.get("after")) + 1;
    const end = begin + Number(query.get("limit"));
    const data = rows.slice(begin, end).map((row) => ({ ...row, filling: "x".repeat(1_000) }));
    const after = end < rows.length ? (data.at(-1) as unknown as { id: string }).id : null;
    response.setHeader("content-type", "application/json");
    response.end(JSON.stringify({ object: "list", data, list_metadata: { before: null, after } }));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => void server.close());
  onTestFinished(() => server.closeAllConnections());
  const baseUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const transport = undiciTransport({ bodyBytesMax: 15_000 });
  return new DirectorySync({ apiKey: "sk_test", baseUrl, retriesMax: 0, transport });
}

test("a log of events that are too large together is read to its end, and that is told", async () => {
  const log = makeLog(1, 30);
  const lines: LogLine[] = [];
  const client = await serviceWithLarge(log);
  const source = eventsApiSource(client, { runtime: { ...systemRuntime, log: recordingLogger(lines) } });
  const read: DirectoryEvent[] = [];
  for (let hasMore = true; hasMore;) {
    const page = await source.read(read.at(-1)?.id ?? null, { from: "start" }, new AbortController().signal);
    read.push(...page.events);
    ({ hasMore } = page);
  }
  expect(read.map(({ id }) => id)).toEqual(log.map(({ id }) => id));
  expect(lines.map(({ fields }) => fields["limit"])).toEqual([50, 25, 13, 7]);
});

test("an event that is too large by itself is named by the one before it, and not passed over", async () => {
  const log = makeLog(1, 4);
  const large = log.map((event, index) => (index === 2 ? { ...event, more: "x".repeat(20_000) } : event));
  const source = eventsApiSource(await serviceWithLarge(large));
  const signal = new AbortController().signal;
  const read = (after: string | null) => source.read(after, { from: "start" }, signal);
  await expect(read(null)).resolves.toMatchObject({ events: [{ id: "event_000001" }, { id: "event_000002" }] });
  await expect(read("event_000002")).rejects.toThrow(
    /^The event after event_000002 is too large by itself.*15000 bytes/,
  );
  await expect(read("event_000002")).rejects.toMatchObject({ code: "body_too_large", retryable: false });
});

test("a list of people who are too large together is read to its end", async () => {
  const users = Array.from({ length: 30 }, (_none, index) => ({ ...makeEvent(1).data, id: `u${index + 1}` }));
  const source = listsApiSource(await serviceWithLarge(users));
  const read: string[] = [];
  for (let after: string | null | undefined; after !== null;) {
    const page = await source.page({ kind: "user", directoryId: "d1" }, after ?? null, new AbortController().signal);
    read.push(...page.rows.map(({ id }) => id));
    ({ after } = page);
  }
  expect(read).toEqual(users.map(({ id }) => id));
});
