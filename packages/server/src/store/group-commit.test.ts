import { expect, onTestFinished, test } from "vitest";
import { addOrganization } from "../fixtures/rows.ts";
import type { Connection } from "./connection.ts";
import type { Data, Store, WriteHow } from "./model.ts";
import { openSqlite } from "./sqlite.ts";
import { createStore } from "./store.ts";
import { wholeList } from "./windows.ts";

/*
 * Changes that may be repeated go without a savepoint. These tests see to it that nobody can tell, other than by counting how
 * often a change ran.
 */

interface Run {
  readonly how: WriteHow;
  /** When the change fails; left out, it works. */
  readonly fails?: "before it writes" | "after it has written";
}

/** Makes the changes in one turn. What each came to, how often each ran, and what is stored. */
async function outcomeOf(runs: readonly Run[]) {
  const store = openStore();
  const times = runs.map(() => 0);
  const work = (index: number, fails: Run["fails"]) => async (data: Data) => {
    times[index] = (times[index] ?? 0) + 1;
    if (fails === "before it writes") throw new Error("refused");
    await addOrganization(data, `org_${String(index)}`);
    if (fails === "after it has written") throw new Error("refused");
  };
  const outcomes = await Promise.allSettled(runs.map(({ how, fails }, index) => store.write(work(index, fails), how)));
  const stored = await store.read((data) => data.organizations.list({}, wholeList(10)));
  return { statuses: outcomes.map(({ status }) => status), times, stored: stored.map(({ id }) => id) };
}

function openStore(): Store {
  const store = createStore(openSqlite(":memory:"));
  onTestFinished(() => store.close());
  return store;
}

const repeatable: Run = { how: { isRepeatable: true } };
const once: Run = { how: {} };

test("a change that fails after it has written leaves nothing, and those around it stay, by being run again", async () => {
  const failing: Run = { ...repeatable, fails: "after it has written" };
  expect(await outcomeOf([repeatable, failing, repeatable])).toEqual({
    statuses: ["fulfilled", "rejected", "fulfilled"],
    times: [2, 2, 1],
    stored: ["org_0", "org_2"],
  });
});

test("a change that fails before it writes costs nobody a second run", async () => {
  const failing: Run = { ...repeatable, fails: "before it writes" };
  expect(await outcomeOf([repeatable, failing, repeatable])).toEqual({
    statuses: ["fulfilled", "rejected", "fulfilled"],
    times: [1, 1, 1],
    stored: ["org_0", "org_2"],
  });
});

test.each<[string, Run]>([
  ["that may be repeated", repeatable],
  ["that may not", once],
])("beside one that may not be repeated, every change %s runs once", async (_name, other) => {
  const failing: Run = { ...other, fails: "after it has written" };
  expect(await outcomeOf([other, once, failing, other])).toEqual({
    statuses: ["fulfilled", "fulfilled", "rejected", "fulfilled"],
    times: [1, 1, 1, 1],
    stored: ["org_0", "org_1", "org_3"],
  });
});

test.each<[string, Run]>([
  ["may be repeated", repeatable],
  ["may not", once],
])("a change that comes alone, %s, and fails runs once and leaves nothing", async (_name, alone) => {
  expect(await outcomeOf([{ ...alone, fails: "after it has written" }])).toEqual({
    statuses: ["rejected"],
    times: [1],
    stored: [],
  });
});

test("a change that was run again tells once that the log has grown", async () => {
  const store = openStore();
  let told = 0;
  store.onGrowth(() => (told += 1));
  const append = (id: string, fails: boolean) =>
    store.write(
      async (data) => {
        await data.log.append([{ id, name: "a", organization_seq: 1, body: "{}" }]);
        if (fails) throw new Error("refused");
      },
      { isRepeatable: true },
    );
  await Promise.allSettled([append("event_1", false), append("event_2", true)]);
  expect(told).toBe(1);
  expect(await store.read((data) => data.log.headSeq())).toBe(1);
});

test.each([1, 2])(
  "where the database ends the transaction while it is read, %i time(s), what is stored is what was answered",
  async (times) => {
    const engine = openSqlite(":memory:");
    const store = createStore(engine);
    onTestFinished(() => store.close());
    let left = times;
    const read = async () => {
      if ((left -= 1) < 0) return;
      // As SQLite does it where it cannot read a page.
      engine.connection.control("rollback");
      throw new Error("disk I/O error");
    };
    const outcomes = await Promise.allSettled([
      store.write((data) => addOrganization(data, "org_0"), { isRepeatable: true }),
      store.write(read, { isRepeatable: true }),
      store.write((data) => addOrganization(data, "org_2"), { isRepeatable: true }),
    ]);
    const isDone = times === 1;
    expect(outcomes.map(({ status }) => status)).toEqual(Array(3).fill(isDone ? "fulfilled" : "rejected"));
    const stored = await store.read((data) => data.organizations.list({}, wholeList(10)));
    expect(stored.map(({ id }) => id)).toEqual(isDone ? ["org_0", "org_2"] : []);
  },
);

/** Changes of which each comes in a turn of its own, the next one after the one before: how many share the first transaction. */
async function sharedBy(changes: number): Promise<number> {
  const engine = openSqlite(":memory:");
  const { connection } = engine;
  let begun = 0;
  const counting: Connection = {
    ...connection,
    control: (command) => {
      if (command === "begin immediate") begun += 1;
      connection.control(command);
    },
    get writes() {
      return connection.writes;
    },
    get isInTransaction() {
      return connection.isInTransaction;
    },
  };
  const store = createStore({ ...engine, connection: counting });
  onTestFinished(() => store.close());
  const transactions: number[] = [];
  const coming = Array.from({ length: changes }, async (_, index) => {
    // The last one first: as with sockets, what a turn brings is there before its end.
    for (let turn = index + 1; turn < changes; turn += 1) await new Promise((resolve) => setImmediate(resolve));
    await store.write(async () => {
      transactions.push(begun);
    }, repeatable.how);
  });
  await Promise.all(coming);
  return transactions.filter((transaction) => transaction === 1).length;
}

test("changes that come one turn after the other share a transaction", async () => {
  expect(await sharedBy(3)).toBe(3);
});

test("a change does not wait for the end of those that come without end", async () => {
  expect(await sharedBy(100)).toBeLessThan(10);
});

test("a batch that is full waits for no more", async () => {
  const store = openStore();
  let turn = 0;
  const nextTurn = async (): Promise<void> => {
    await new Promise((resolve) => setImmediate(resolve));
    turn += 1;
  };
  const ranIn: number[] = [];
  const write = () => store.write(async () => void ranIn.push(turn), repeatable.how);
  const coming = (async () => {
    const written: Promise<void>[] = [];
    // Before the store's own wait in each turn, as what sockets bring.
    for (let count = 0; count < 4; count += 1) {
      const next = nextTurn();
      written.push(...Array.from({ length: count === 0 ? 300 : 1 }, write));
      await next;
    }
    await Promise.all(written);
  })();
  await coming;
  expect(ranIn[0]).toBe(1);
});
