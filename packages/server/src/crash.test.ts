import { copyFileSync, existsSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { fold, listed } from "./fixtures/fold.ts";
import { connect, readLog, send } from "./fixtures/in-process.ts";
import { apiKey, runtimeWith } from "./fixtures/running-server.ts";
import { createServer } from "./index.ts";
import type { DirsyncServer } from "./index.ts";

/*
 * What a killed process leaves is its files as they were at that moment. The clock is asked in the middle of every
 * change, so copying the files whenever it is asked is dying in the middle of changes, some of them inside a
 * transaction with others. Each copy must open, hold all that had been answered by then, and be of one piece.
 */

test("killed at any moment, the server has kept every change it answered, each with its events", async () => {
  const folder = mkdtempSync(join(tmpdir(), "dirsync-server-crash-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const dataFile = join(folder, "data.db");
  const answered = new Set<string>();
  const copies: { file: string; answered: ReadonlySet<string> }[] = [];
  let asked = 0;
  const die = (): number => {
    asked += 1;
    // A prime, so that the copies do not fall on the same step of every change.
    if (asked % 13 === 0 && copies.length < 60)
      copies.push({ file: copyOf(dataFile, copies.length), answered: new Set(answered) });
    return Date.now();
  };
  const server = await createServer({ dataFile, apiKey, runtime: runtimeWith({ now: die }) });
  await writeConcurrently(server, answered);
  await server.close();
  expect(copies).toHaveLength(60);
  for (const copy of copies) await inspect(copy.file, copy.answered);
  const partial = copies.filter((copy) => copy.answered.size > 0 && copy.answered.size < answered.size);
  expect(partial.length).toBeGreaterThan(40);
}, 60_000);

function copyOf(dataFile: string, number: number): string {
  const folder = `${dataFile}-copy-${String(number)}`;
  mkdirSync(folder);
  for (const suffix of ["", "-wal"]) {
    if (existsSync(`${dataFile}${suffix}`)) copyFileSync(`${dataFile}${suffix}`, join(folder, `data.db${suffix}`));
  }
  return join(folder, "data.db");
}

/** Eight writers, each creating users and putting them in and out of one group; remembers what was answered. */
async function writeConcurrently(server: DirsyncServer, answered: Set<string>): Promise<void> {
  const { path, token } = await connect(server);
  const scim = async (line: string, body: unknown) => {
    const [method = "", resource = ""] = line.split(" ");
    return (await send(server, `${method} ${path}${resource}`, { token, body })) as { id: string };
  };
  const group = await scim("POST /Groups", { displayName: "G" });
  const patch = (op: string, value: string) =>
    scim(`PATCH /Groups/${group.id}`, { Operations: [{ op, path: "members", value: [{ value }] }] });
  const writer = async (name: number) => {
    for (let round = 0; round < 12; round += 1) {
      const user = await scim("POST /Users", { userName: `${String(name)}-${String(round)}@x.test` });
      answered.add(user.id);
      await patch("add", user.id);
      answered.add(`${group.id} ${user.id}`);
      if (round % 3 !== 0) continue;
      answered.delete(`${group.id} ${user.id}`);
      await patch("remove", user.id);
    }
  };
  await Promise.all(Array.from({ length: 8 }, (_, name) => writer(name)));
}

async function inspect(dataFile: string, answered: ReadonlySet<string>): Promise<void> {
  const server = await createServer({ dataFile, apiKey });
  try {
    const lists = await listed((path) => send(server, `GET ${path}`));
    expect(fold(await readLog(server))).toEqual(lists);
    const kept = new Set([...Object.keys(lists.users), ...lists.memberships]);
    expect([...answered].filter((one) => !kept.has(one))).toEqual([]);
  } finally {
    await server.close();
  }
}
