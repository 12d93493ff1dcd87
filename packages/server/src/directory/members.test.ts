import { systemRuntime } from "@dirsync/sdk";
import { expect, onTestFinished, test } from "vitest";
import { createIds } from "../ids.ts";
import type { Data, Store } from "../store/model.ts";
import type { Related } from "../store/related.ts";
import { openSqlite } from "../store/sqlite.ts";
import { createStore } from "../store/store.ts";
import { changeDirectory, createDirectory } from "./directory.ts";
import { createGroup, existingGroup } from "./groups.ts";
import { changeMembers } from "./members.ts";
import { createUser } from "./users.ts";

test("adding or removing one member costs the same in a group of ten and of three thousand", async () => {
  const costs = [await costOfOneMember(10), await costOfOneMember(3_000)];
  expect(costs[0]).toEqual(costs[1]);
  expect(costs[0]?.rows).toBeLessThan(20);
});

test("so does removing whom a filter names", async () => {
  const costs = [await costOfNaming(10), await costOfNaming(300)];
  expect(costs[0]).toEqual(costs[1]);
  expect(costs[0]?.rows).toBeLessThan(20);
});

test("the count sees an operation that does depend on the size", async () => {
  const [small, large] = [await costOfRemovingAll(10), await costOfRemovingAll(300)];
  expect(large.rows).toBeGreaterThan(small.rows + 290);
});

interface Cost {
  /** Calls of the store. */
  calls: number;
  /** Rows and ids that went in or came out. */
  rows: number;
}

async function costOfOneMember(size: number): Promise<Cost> {
  return await costOf(size, async (play, extra) => {
    await play([{ op: "add", members: [{ value: extra }] }]);
    await play([{ op: "remove", ids: [extra] }]);
  });
}

async function costOfNaming(size: number): Promise<Cost> {
  return await costOf(size, async (play) => {
    const named: Related = { kind: "text", column: "name", operator: "eq", text: "u7@x.test" };
    await play([{ op: "removeWhere", related: named }]);
  });
}

async function costOfRemovingAll(size: number): Promise<Cost> {
  return await costOf(size, (play) => play([{ op: "removeAll" }]));
}

type Operations = Parameters<typeof changeMembers>[2];

/** Counts what `work` asks of the store, in a group of `size` members. */
async function costOf(
  size: number,
  work: (play: (operations: Operations) => Promise<void>, extra: string) => Promise<void>,
): Promise<Cost> {
  const store = createStore(openSqlite(":memory:"));
  onTestFinished(() => store.close());
  const ids = createIds(systemRuntime, []);
  const created = await store.write((data) =>
    createDirectory(data, ids, { name: "A", type: "generic scim v2.0", softDelete: true }),
  );
  if (created === null) throw new Error("no directory");
  const { seq } = created.directory;
  const { groupId, extra } = await changeDirectory({ store, ids }, seq, async (context) => {
    const users: string[] = [];
    for (let index = 0; index <= size; index += 1) {
      users.push((await createUser(context, { userName: `u${String(index)}@x.test` })).id);
    }
    const group = await createGroup(context, { displayName: "G" });
    const members = users.slice(1).map((value) => ({ value }));
    await changeMembers(context, group, [{ op: "add", members }]);
    return { groupId: group.id, extra: users[0] ?? "" };
  });
  const cost: Cost = { calls: 0, rows: 0 };
  const counted = counting(store, cost);
  const play = (operations: Operations) =>
    changeDirectory({ store: counted, ids }, seq, async (context) => {
      await changeMembers(context, await existingGroup(context, groupId), operations);
    });
  await work(play, extra);
  return cost;
}

function counting(store: Store, cost: Cost): Store {
  return { ...store, write: (work) => store.write((data) => work(countingData(data, cost))) };
}

function countingData(data: Data, cost: Cost): Data {
  return {
    ...data,
    log: countingCalls(data.log, cost),
    directory: (seq) => {
      const { users, groups, memberships, ...rest } = data.directory(seq);
      return {
        ...rest,
        users: countingCalls(users, cost),
        groups: countingCalls(groups, cost),
        memberships: countingCalls(memberships, cost),
      };
    },
  };
}

function countingCalls<T extends object>(target: T, cost: Cost): T {
  return new Proxy(target, {
    get: (object, name) => {
      const method: unknown = Reflect.get(object, name);
      if (typeof method !== "function") return method;
      return async (...values: unknown[]) => {
        const result: unknown = await Reflect.apply(method, object, values);
        cost.calls += 1;
        cost.rows += [...values, result].map(sizeOf).reduce((sum, one) => sum + one, 0);
        return result;
      };
    },
  });
}

function sizeOf(value: unknown): number {
  if (Array.isArray(value)) return value.length;
  return value instanceof Set || value instanceof Map ? value.size : 0;
}
