/** What is on record about the deliveries of one endpoint, beside one whose record nothing of it changes. */
import { expect, onTestFinished, test } from "vitest";
import { addOrganization } from "../fixtures/rows.ts";
import { openSqlite } from "./sqlite.ts";
import { createStore } from "./store.ts";
import type { WebhookDeliveryRow } from "./tables.ts";
import type { WebhookDeliveries } from "./webhook-model.ts";

const blank = {
  status: "enabled",
  disabled_reason: null,
  secret: "",
  previous_secret: null,
  previous_secret_until_ms: null,
  events: "[]",
  low_seq: 0,
  epoch: 0,
  failing_since_ms: null,
  created_at: "",
  updated_at: "",
} as const;

type Run = <T>(work: (deliveries: WebhookDeliveries) => Promise<T>) => Promise<T>;

/** Six events. Of two endpoints each had four tries begun at 10 ms: one was taken, one is dead, one waits and one is under way. */
async function stage(): Promise<Run> {
  const store = createStore(openSqlite(":memory:"));
  const endpoints = await store.write(async (data) => {
    const { seq } = await addOrganization(data, "org_1");
    const event = { name: "dsync.user.created", organization_seq: seq, body: "{}" };
    await data.log.append([1, 2, 3, 4, 5, 6].map((number) => ({ ...event, id: `event_${number}` })));
    const insert = (id: string) => data.webhookEndpoints.insert({ ...blank, id, url: id, url_key: id });
    return [(await insert("other")).seq, (await insert("one")).seq];
  });
  const [other = 0, one = 0] = endpoints;
  for (const endpoint of endpoints) {
    await store.write(async (data) => {
      const deliveries = data.webhookDeliveries(endpoint);
      await deliveries.begin([1, 2, 3, 4], 10);
      await deliveries.change(1, { state: "delivered", last_at_ms: 11 });
      await deliveries.change(2, { state: "dead", last_at_ms: 12 });
      await deliveries.change(3, { state: "waiting", next_at_ms: 100 });
    });
  }
  const recordOfOther = () => store.read((data) => rowsOf(data.webhookDeliveries(other)));
  const before = await recordOfOther();
  onTestFinished(async () => {
    expect(await recordOfOther()).toEqual(before);
    await store.close();
  });
  return (work) => store.write((data) => work(data.webhookDeliveries(one)));
}

async function rowsOf(deliveries: WebhookDeliveries): Promise<(WebhookDeliveryRow | undefined)[]> {
  return await Promise.all([1, 2, 3, 4, 5, 6].map((seq) => deliveries.find(seq)));
}

test.each([
  ["what is not finished, from the beginning", { above: 0, lowSeq: 0, limit: 10 }, [3, 4, 5, 6]],
  ["what the cursor has passed only if it is not finished", { above: 0, lowSeq: 5, limit: 10 }, [3, 4, 6]],
  ["each once, wherever the cursor is", { above: 0, lowSeq: 3, limit: 10 }, [3, 4, 5, 6]],
  ["no more than is asked for", { above: 0, lowSeq: 4, limit: 3 }, [3, 4, 5]],
  ["no more than is asked for, also of what the cursor has passed", { above: 0, lowSeq: 4, limit: 1 }, [3]],
  ["what is behind what was read", { above: 3, lowSeq: 4, limit: 10 }, [4, 5, 6]],
])("left to deliver is %s", async (_name, window, seqs) => {
  const run = await stage();
  expect((await run((deliveries) => deliveries.unfinished(window))).map(({ seq }) => seq)).toEqual(seqs);
});

test("finished above the cursor is what was taken or is dead, and stays so when it is asked for again", async () => {
  const run = await stage();
  const finished = () => run((deliveries) => deliveries.finishedAbove(0));
  expect(await finished()).toEqual([1, 2]);
  await run((deliveries) => deliveries.redeliver({ states: ["dead"], above: 0, below: 7 }));
  expect(await finished()).toEqual([1, 2]);
  expect(await run((deliveries) => deliveries.finishedAbove(1))).toEqual([2]);
});

test("a try that a crash has cut off is not charged, once, and not where the first try is long ago", async () => {
  const run = await stage();
  const attempts = async () => (await run(rowsOf)).map((row) => row?.attempts ?? null);
  await run((deliveries) => deliveries.refund(10));
  expect(await attempts()).toEqual([1, 1, 1, 1, null, null]);
  for (const _crash of [1, 2]) await run((deliveries) => deliveries.refund(9));
  expect(await attempts()).toEqual([1, 1, 1, 0, null, null]);
});

test("a try that begins again counts, and keeps when the first one was", async () => {
  const run = await stage();
  await run((deliveries) => deliveries.begin([3], 20));
  const row = { state: "sending", attempts: 2, first_at_ms: 10, last_at_ms: 20 };
  expect(await run((deliveries) => deliveries.find(3))).toMatchObject(row);
});

test("nothing waits longer than is allowed, and what would wait less long does", async () => {
  const run = await stage();
  const due = async () => (await run((deliveries) => deliveries.find(3)))?.next_at_ms;
  await run((deliveries) => deliveries.waitNoLongerThan(101));
  expect(await due()).toBe(100);
  await run((deliveries) => deliveries.waitNoLongerThan(50));
  expect(await due()).toBe(50);
});

test.each([
  ["of the states that are named", { states: ["dead", "delivered"], above: 0, below: 7 } as const, [1, 2]],
  ["behind a place", { states: ["dead", "delivered"], above: 1, below: 7 } as const, [2]],
  ["before a place", { states: ["dead", "delivered"], above: 0, below: 2 } as const, [1]],
  ["that are named one by one", { states: ["dead", "delivered"], eventSeqs: [2, 3], above: 0, below: 7 } as const, [2]],
])("asked for again are those %s, with all their tries", async (_name, selection, seqs) => {
  const run = await stage();
  expect(await run((deliveries) => deliveries.redeliver(selection))).toBe(seqs.length);
  const rows = (await run(rowsOf)).filter((row) => row?.is_redelivery === 1);
  expect(rows.map((row) => [row?.event_seq, row?.state, row?.attempts, row?.next_at_ms])).toEqual(
    seqs.map((seq) => [seq, "waiting", 0, 0]),
  );
});

test("an event that nothing is on record about comes once where it is asked for", async () => {
  const run = await stage();
  expect(await run((deliveries) => deliveries.count(["waiting", "sending"]))).toBe(2);
  await run((deliveries) => deliveries.deliverOnce(6));
  expect(await run((deliveries) => deliveries.count(["waiting", "sending"]))).toBe(3);
  const left = await run((deliveries) => deliveries.unfinished({ above: 4, lowSeq: 6, limit: 10 }));
  expect(left).toMatchObject([{ seq: 6, attempts: 0, next_at_ms: 0, is_redelivery: 1 }]);
});

test("what was dropped from the log is not asked for again, and keeps its place", async () => {
  const run = await stage();
  await run((deliveries) => deliveries.change(2, { event_id: "event_2", event_name: "dsync.user.created" }));
  expect(await run((deliveries) => deliveries.redeliver({ states: ["dead"], above: 0, below: 7 }))).toBe(0);
  const places = ["event_2", "event_1"].map((id) => run((deliveries) => deliveries.placeOfDropped(id)));
  expect(await Promise.all(places)).toEqual([2, null]);
});

test.each([
  ["below the cursor", { beforeMs: 100, lowSeq: 1, limit: 10 }, [1]],
  ["ended before that time", { beforeMs: 12, lowSeq: 6, limit: 10 }, [1]],
  ["as many as are asked for, the oldest first", { beforeMs: 100, lowSeq: 6, limit: 1 }, [1]],
  ["and nothing that is not finished", { beforeMs: 100, lowSeq: 6, limit: 10 }, [1, 2]],
])("forgotten are deliveries %s", async (_name, window, seqs) => {
  const run = await stage();
  expect(await run((deliveries) => deliveries.prune(window))).toBe(seqs.length);
  const rows = await run(rowsOf);
  expect([1, 2, 3, 4].filter((seq) => rows[seq - 1] === undefined)).toEqual(seqs);
});
