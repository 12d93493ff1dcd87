import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import Database from "better-sqlite3";
import { expect, onTestFinished, test } from "vitest";
import { connect, readLog, send } from "../../fixtures/in-process.ts";
import { apiKey } from "../../fixtures/running-server.ts";
import { createServer } from "../../index.ts";
import type { DirsyncServer } from "../../index.ts";

/*
 * Operations of one turn share a commit. When that fails, none of them is kept, though the work of each was done: here,
 * because the data file has a rule that is looked at no earlier than in the commit, and that one name breaks.
 */

const operationsPerTurn = 100;
const unkept = "unkept@x.test";

interface Result {
  readonly bulkId: string;
  readonly status: string;
}

const post = (bulkId: string, userName = `${bulkId}@x.test`, data: object = {}) => ({
  method: "POST",
  path: "/Users",
  bulkId,
  data: { userName, ...data },
});

/** A turn whose commit fails, or where `broken` is false the same turn as it should be. */
const turn = (broken: boolean) => [
  post("first", broken ? unkept : "kept@x.test"),
  ...Array.from({ length: operationsPerTurn - 1 }, (_, index) => post(`user${String(index)}`)),
];

test.each([
  [1, 0],
  [operationsPerTurn, 0],
  [operationsPerTurn + 1, 2],
])("with failOnErrors %i, operations whose commit failed count as failed", async (failOnErrors, after) => {
  const { bulk, userNames } = await directoryWithRule();
  const results = await bulk([...turn(true), post("next"), post("last")], failOnErrors);
  expect(results.map(({ status }) => Math.floor(Number(status) / 100))).toEqual([
    ...Array<number>(operationsPerTurn).fill(5),
    ...Array<number>(after).fill(2),
  ]);
  expect(await userNames()).toEqual(["next@x.test", "last@x.test"].slice(0, after));
});

test("where every commit is kept, nothing counts", async () => {
  const { bulk, userNames } = await directoryWithRule();
  const results = await bulk([...turn(false), post("next")], 1);
  expect(new Set(results.map(({ status }) => status))).toEqual(new Set(["201"]));
  expect(await userNames()).toHaveLength(operationsPerTurn + 1);
});

test("what refers to a user who was not kept is refused, and not led to an id of nobody", async () => {
  const { bulk, userNames } = await directoryWithRule();
  const group = { method: "POST", path: "/Groups", bulkId: "sales" };
  const members = [{ value: "bulkId:first" }];
  const results = await bulk([...turn(true), { ...group, data: { displayName: "Sales", members } }]);
  expect(results.at(-1)).toMatchObject({ bulkId: "sales", status: "409" });
  expect(await userNames()).toEqual([]);
});

async function directoryWithRule() {
  const folder = mkdtempSync(join(tmpdir(), "dirsync-server-bulk-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const dataFile = join(folder, "data.db");
  const before = await createServer({ dataFile, apiKey });
  const { path, token } = await connect(before);
  await before.close();
  addRule(dataFile);
  const server = await createServer({ dataFile, apiKey });
  onTestFinished(() => server.close());
  const bulk = async (operations: readonly object[], failOnErrors?: number) => {
    const body = { failOnErrors, Operations: operations };
    const answer = await send(server, `POST ${path}/Bulk`, { token, body });
    return (answer as { readonly Operations: readonly Result[] }).Operations;
  };
  return { bulk, userNames: () => userNamesIn(server) };
}

function addRule(dataFile: string): void {
  const database = new Database(dataFile);
  database.exec(`
    create table nobody (id integer primary key);
    create table rule (id integer references nobody (id) deferrable initially deferred);
    create trigger unkept after insert on directory_user when new.user_name_folded = '${unkept}'
      begin insert into rule values (1); end;
  `);
  database.close();
}

async function userNamesIn(server: DirsyncServer): Promise<unknown[]> {
  const events = await readLog(server);
  return events.flatMap((event) => (event.event === "dsync.user.created" ? [event.data.email] : []));
}
