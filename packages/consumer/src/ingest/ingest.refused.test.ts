/** What upstream lists as an event and what is none, over real HTTP. */
import type { ServerResponse } from "node:http";
import { DirectorySync, systemRuntime } from "@dirsync/sdk";
import { describe, expect, test } from "vitest";
import { makeEvent, makeLog } from "../fixtures/events.ts";
import { listen } from "../fixtures/http-receiver.ts";
import { holdJournal } from "../fixtures/state-file.ts";
import { type LogLine, recordingLogger } from "../fixtures/virtual-clock.ts";
import { ingest } from "./ingest.ts";
import type { Journal } from "../journal/model.ts";
import type { Fact } from "../fact.ts";
import { eventsApiSource } from "../sources/events-api.ts";

const pageSize = 5;
const nameless = { object: "event", id: "event_bad", data: {}, created_at: "2026-01-15T12:00:02.500Z" };

interface Upstream {
  /** What it lists: events, and what is none. */
  readonly list: unknown[];
  readonly lines: LogLine[];
  readonly facts: Fact[];
  /** Requests it has had. */
  readonly requests: () => number;
  /** Reads to the end of the log. */
  read(): Promise<void>;
}

/** A service whose cursors are places in its list, as far as they are no ids in it. */
async function upstreamOf(list: unknown[], journal: Journal): Promise<Upstream> {
  let requests = 0;
  const lines: LogLine[] = [];
  const facts: Fact[] = [];
  const { port } = await listen((request, response) => {
    requests += 1;
    const query = new URL(request.url ?? "", "http://upstream.test").searchParams;
    const after = query.get("after");
    const from = query.get("range_start") ?? "";
    const start =
      after === null
        ? list.findIndex((element) => String((element as { created_at?: unknown }).created_at) >= from)
        : placeAfter(list, after);
    const data = start === -1 ? [] : list.slice(start, start + pageSize);
    const isLast = start === -1 || start + data.length >= list.length;
    const last = data.at(-1) as { id?: string } | undefined;
    const next = isLast ? null : (last?.id ?? `place_${start + data.length}`);
    response.setHeader("content-type", "application/json");
    response.end(JSON.stringify({ object: "list", data, list_metadata: { after: next } }));
  });
  const client = new DirectorySync({ apiKey: "sk_test", baseUrl: `http://127.0.0.1:${port}`, retriesMax: 0 });
  const read = (): Promise<void> =>
    ingest({
      source: eventsApiSource(client),
      journal,
      start: { from: "start" },
      // What is waited for here are only pauses after failures.
      runtime: { ...systemRuntime, sleep: () => Promise.resolve(), log: recordingLogger(lines) },
      pollMs: 1_000,
      once: true,
      onAppended: () => undefined,
      onFact: (fact) => void facts.push(fact),
      signal: new AbortController().signal,
    });
  return { list, lines, facts, requests: () => requests, read };
}

function placeAfter(list: readonly unknown[], after: string): number {
  const place = /^place_(\d+)$/.exec(after);
  if (place !== null) return Number(place[1]);
  return list.findIndex((element) => (element as { id?: unknown }).id === after) + 1;
}

async function idsIn(journal: Journal): Promise<string[]> {
  await journal.addSink("reader");
  return (await journal.read("reader", 0, 100)).map(({ event }) => event.id);
}

const ids = (...numbers: readonly number[]): string[] => numbers.map((number) => makeEvent(number).id);

describe("what is no event", () => {
  test("is kept as it came, with what is wrong and where it stood, and what is around it is read", async () => {
    const journal = await holdJournal();
    const upstream = await upstreamOf([...makeLog(1, 2), nameless, ...makeLog(3, 4)], journal);
    await upstream.read();
    await expect(idsIn(journal)).resolves.toEqual(ids(1, 2, 3, 4));
    const [letter, ...others] = await journal.sourceDeadLetters();
    expect(others).toEqual([]);
    expect(letter).toMatchObject({ eventId: "event_bad", after: null });
    expect(letter?.problem).toMatch(/^data\.2\.event: expected a name/);
    expect(JSON.parse(letter?.body ?? "")).toEqual(nameless);
    expect(upstream.facts).toContainEqual({ kind: "refused", count: 1 });
    expect(upstream.lines.filter(({ level }) => level === "error")).toMatchObject([{ fields: { count: 1 } }]);
    await expect(journal.status()).resolves.toMatchObject({ sourceDeadLetters: 1, cursor: "event_000004", gaps: [] });
  });

  test("is refused twice before it is kept: an answer that was only cut is whole the next time", async () => {
    const journal = await holdJournal();
    const upstream = await upstreamOf([...makeLog(1, 2), nameless], journal);
    await upstream.read();
    expect(upstream.lines.filter(({ level }) => level === "warn")).toHaveLength(2);
  });

  test.each<[string, unknown]>([
    ["without an id", { ...nameless, id: undefined, event: "dsync.user.created" }],
    ["null", null],
    ["text", "event"],
    ["with an id that is too long", { ...makeEvent(9), id: "x".repeat(257) }],
  ])("%s at the end of the log is kept once, however often it is read, and blocks nothing", async (_name, bad) => {
    const journal = await holdJournal();
    const upstream = await upstreamOf([...makeLog(1, 2), bad], journal);
    for (let round = 0; round < 3; round += 1) await upstream.read();
    await expect(journal.sourceDeadLetters()).resolves.toHaveLength(1);
    expect(upstream.facts.filter(({ kind }) => kind === "refused")).toHaveLength(1);
    upstream.list.push(...makeLog(3, 4));
    await upstream.read();
    await expect(idsIn(journal)).resolves.toEqual(ids(1, 2, 3, 4));
  });

  test("for pages on end is crossed, and every one of them kept", async () => {
    const journal = await holdJournal();
    const bad = Array.from({ length: 13 }, (_, index) => ({ ...nameless, id: undefined, number: index }));
    const upstream = await upstreamOf([...makeLog(1, 2), ...bad, ...makeLog(3, 4)], journal);
    await upstream.read();
    await expect(idsIn(journal)).resolves.toEqual(ids(1, 2, 3, 4));
    await expect(journal.sourceDeadLetters()).resolves.toHaveLength(13);
  });

  test("and is mended later is an event like any other, and no letter any more", async () => {
    const journal = await holdJournal();
    const upstream = await upstreamOf([...makeLog(1, 2), { ...makeEvent(3), event: "" }], journal);
    await upstream.read();
    await expect(journal.status()).resolves.toMatchObject({ sourceDeadLetters: 1, headSeq: 2 });
    upstream.list.splice(2, 1, makeEvent(3));
    await upstream.read();
    await expect(idsIn(journal)).resolves.toEqual(ids(1, 2, 3));
    await expect(journal.sourceDeadLetters()).resolves.toEqual([]);
  });

  test("and was given up stays so although it is listed again", async () => {
    const journal = await holdJournal();
    const upstream = await upstreamOf([...makeLog(1, 2), nameless], journal);
    await upstream.read();
    const [letter] = await journal.sourceDeadLetters();
    await journal.discardSourceDeadLetter(letter?.hash ?? "", 1);
    await upstream.read();
    await expect(journal.sourceDeadLetters()).resolves.toEqual([]);
    await expect(journal.status()).resolves.toMatchObject({ sourceDeadLetters: 0 });
    await expect(journal.discardSourceDeadLetter(letter?.hash ?? "", 2)).rejects.toMatchObject({ code: "missing" });
    await expect(journal.discardSourceDeadLetter("nothing", 1)).rejects.toMatchObject({ code: "missing" });
  });
});

test("(control) a page that is whole keeps nothing and costs no further request", async () => {
  const journal = await holdJournal();
  const upstream = await upstreamOf(makeLog(1, 4), journal);
  await upstream.read();
  expect(upstream.requests()).toBe(1);
  await expect(journal.sourceDeadLetters()).resolves.toEqual([]);
});

function answer(response: ServerResponse): void {
  response.setHeader("content-type", "application/json");
  response.end(JSON.stringify({ object: "list", list_metadata: { after: null } }));
}

test("a body that is no list at all is waited for, and no letter", async () => {
  const journal = await holdJournal();
  const { port } = await listen((_request, response) => answer(response));
  const client = new DirectorySync({ apiKey: "sk_test", baseUrl: `http://127.0.0.1:${port}`, retriesMax: 0 });
  const lines: LogLine[] = [];
  const reading = ingest({
    source: eventsApiSource(client),
    journal,
    start: { from: "start" },
    runtime: { ...systemRuntime, sleep: () => Promise.resolve(), log: recordingLogger(lines) },
    pollMs: 1_000,
    once: true,
    onAppended: () => undefined,
    signal: new AbortController().signal,
  });
  await expect(reading).rejects.toMatchObject({ code: "contract_broken", retryable: true });
  await expect(journal.sourceDeadLetters()).resolves.toEqual([]);
});
