import { createHash } from "node:crypto";
import { chmodSync, linkSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import Database from "better-sqlite3";
import { sql } from "kysely";
import { describe, expect, onTestFinished, test } from "vitest";
import { addOrganization } from "../fixtures/rows.ts";
import { storeConformance } from "./conformance.ts";
import { migrations } from "./migrations/index.ts";
import { openSqlite } from "./sqlite.ts";
import { createStore } from "./store.ts";
import { wholeList } from "./windows.ts";

storeConformance("SQLite in memory", () => Promise.resolve(createStore(openSqlite(":memory:"))));

storeConformance("SQLite in a file", () =>
  Promise.resolve(createStore(openSqlite(join(temporaryFolder(), "data.db")))),
);

describe("the file", () => {
  test("every open commits with FULL durability in WAL mode, the second one too", async () => {
    const file = join(temporaryFolder(), "data.db");
    for (let opening = 0; opening < 3; opening += 1) {
      const {
        connection: { db },
        close,
      } = openSqlite(file);
      const { rows } = await sql<{ synchronous: number }>`pragma synchronous`.execute(db);
      expect(rows).toEqual([{ synchronous: 2 }]);
      const mode = await sql<{ journal_mode: string }>`pragma journal_mode`.execute(db);
      expect(mode.rows).toEqual([{ journal_mode: "wal" }]);
      await close();
    }
    // The control: without the setting, a reopened file loses what it answered when the power goes.
    const plain = new Database(file);
    expect(plain.pragma("synchronous", { simple: true })).toBe(1);
    plain.close();
  });

  test("only its owner may read it, from the first byte on and when it was wider before", async () => {
    const file = join(temporaryFolder(), "data.db");
    const first = openSqlite(file);
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(statSync(`${file}-wal`).mode & 0o777).toBe(0o600);
    await first.close();
    chmodSync(file, 0o644);
    const second = openSqlite(file);
    expect(statSync(file).mode & 0o777).toBe(0o600);
    await second.close();
  });

  test("a second server on the same file is told that it is held, and the first goes on", async () => {
    const file = join(temporaryFolder(), "data.db");
    const first = openSqlite(file);
    expect(() => openSqlite(file)).toThrow(expect.objectContaining({ code: "locked" }) as Error);
    await sql`select 1`.execute(first.connection.db);
    await first.close();
    await openSqlite(file).close();
  });

  test("a file from a newer version is refused and left as it was", async () => {
    const file = join(temporaryFolder(), "data.db");
    await openSqlite(file).close();
    const newer = new Database(file);
    newer.pragma("user_version = 999");
    newer.close();
    const before = contentOf(file);
    expect(() => openSqlite(file)).toThrow(expect.objectContaining({ code: "newer_version" }) as Error);
    expect(contentOf(file)).toBe(before);
  });

  test.each([
    ["text", "corrupt", Buffer.from("this is a letter, not a database\n")],
    ["a short file", "corrupt", Buffer.from("SQLite")],
    ["random bytes", "corrupt", createHash("sha512").update("seed").digest()],
    ["a cut-off database", "corrupt", Buffer.concat([Buffer.from("SQLite format 3\0"), Buffer.alloc(200, 7)])],
  ])("%s is refused as %s and left as it was", (_name, code, content) => {
    const file = join(temporaryFolder(), "data.db");
    writeFileSync(file, content);
    expect(() => openSqlite(file)).toThrow(expect.objectContaining({ code }) as Error);
    expect(readFileSync(file)).toEqual(content);
    expect(statSync(file).mode & 0o777).toBe(0o644);
  });

  test("a database of another program is refused and left as it was", () => {
    const file = join(temporaryFolder(), "data.db");
    const foreign = new Database(file);
    foreign.exec("create table invoices (id integer)");
    foreign.close();
    const before = contentOf(file);
    expect(() => openSqlite(file)).toThrow(expect.objectContaining({ code: "corrupt" }) as Error);
    expect(contentOf(file)).toBe(before);
  });

  test.each([
    ["a folder that does not exist", "missing", () => join(temporaryFolder(), "nowhere", "data.db")],
    ["a folder", "unreadable", () => temporaryFolder()],
  ])("%s gives %s", (_name, code, file) => {
    expect(() => openSqlite(file())).toThrow(expect.objectContaining({ code }) as Error);
  });

  test("a file of the first version is brought up to date, and keeps what it holds", async () => {
    const file = join(temporaryFolder(), "data.db");
    const old = new Database(file);
    old.exec(migrations[0] ?? "");
    old.pragma(`application_id = ${String(0x44537953)}`);
    old.pragma("user_version = 1");
    old.exec(
      "insert into organization (id, name, metadata, domains, created_at, updated_at) values ('org_1', 'Acme', '{}', '[{\"id\":\"org_domain_1\",\"domain\":\"acme.test\"}]', '', '')",
    );
    old.close();
    const store = createStore(openSqlite(file));
    expect(await store.read((data) => data.organizations.find("org_1"))).toMatchObject({ name: "Acme" });
    const owners = await store.read((data) => data.organizations.list({ domains: ["acme.test"] }, wholeList(10)));
    expect(owners.map(({ id }) => id)).toEqual(["org_1"]);
    await store.write((data) => data.answers.insert({ key_digest: "k", request_digest: "r", sealed: "s", made_ms: 1 }));
    await store.close();
    const again = new Database(file, { readonly: true });
    expect(again.pragma("user_version", { simple: true })).toBe(migrations.length);
    again.close();
  });

  test("with a second name is refused under both, because each would have a log of its own", async () => {
    const file = join(temporaryFolder(), "data.db");
    await openSqlite(file).close();
    linkSync(file, `${file}.link`);
    const before = contentOf(file);
    for (const name of [file, `${file}.link`]) {
      expect(() => openSqlite(name)).toThrow(expect.objectContaining({ code: "unreadable" }) as Error);
      expect(() => openSqlite(name)).toThrow(/more than one name \(hard links\)/);
    }
    expect(contentOf(file)).toBe(before);
  });

  test("an empty file becomes a database", async () => {
    const file = join(temporaryFolder(), "data.db");
    writeFileSync(file, "");
    await openSqlite(file).close();
    expect(contentOf(file)).not.toBe(createHash("sha256").update("").digest("hex"));
  });
});

test("a full disk fails the batch whole, says so, and the store works again once there is room", async () => {
  const engine = openSqlite(join(temporaryFolder(), "data.db"));
  const store = createStore(engine);
  const limit = await sql<{ page_count: number }>`pragma page_count`.execute(engine.connection.db);
  await sql`pragma max_page_count = ${sql.lit((limit.rows[0]?.page_count ?? 0) + 5)}`.execute(engine.connection.db);
  const write = (id: string, bytes: number) =>
    store.write((data) => data.log.append([{ id, name: "a", organization_seq: 1, body: "x".repeat(bytes) }]));
  const outcomes = await Promise.allSettled([write("event_1", 10), write("event_2", 1_000_000), write("event_3", 10)]);
  // Which of them still fitted is the database's business; that the answer is the truth is ours.
  const stored = await store.read((data) =>
    data.log.page({ names: [] }, { above: 0, below: Number.MAX_SAFE_INTEGER, limit: 10 }),
  );
  const answered = outcomes.flatMap((outcome, index) =>
    outcome.status === "fulfilled" ? [`event_${String(index + 1)}`] : [],
  );
  expect(stored.map((row) => row.id)).toEqual(answered);
  expect(outcomes[1]).toMatchObject({ status: "rejected", reason: { code: "full", retryable: true } });
  await sql`pragma max_page_count = 100000`.execute(engine.connection.db);
  await write("event_4", 1_000_000);
  await store.close();
});

test("a store that was refused by its disk says so, and that it is over, without a change that finds out", async () => {
  const { connection, ...engine } = openSqlite(join(temporaryFolder(), "data.db"));
  const store = createStore({ connection, ...engine });
  expect(await store.takesWrites()).toBe(true);
  const pages = await sql<{ page_count: number }>`pragma page_count`.execute(connection.db);
  await sql`pragma max_page_count = ${sql.lit((pages.rows[0]?.page_count ?? 0) + 5)}`.execute(connection.db);
  const body = "x".repeat(50_000);
  const change = () =>
    store.write((data) => data.log.append([{ id: "event_1", name: "a", organization_seq: 1, body }]));
  await expect(change()).rejects.toMatchObject({ code: "full" });
  expect(await store.takesWrites()).toBe(false);
  // What needs nothing of the disk is no proof.
  await store.write(() => Promise.resolve(null));
  expect(await store.takesWrites()).toBe(false);
  await sql`pragma max_page_count = 100000`.execute(connection.db);
  expect(await store.takesWrites()).toBe(true);
  await change();
  await store.close();
});

test("a change that is refused for what it is says nothing about the disk", async () => {
  const store = createStore(openSqlite(":memory:"));
  await store.write((data) => addOrganization(data, "org_1"));
  await expect(store.write((data) => addOrganization(data, "org_1"))).rejects.toThrow("UNIQUE");
  expect(await store.takesWrites()).toBe(true);
  await store.close();
});

function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "dirsync-server-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

function contentOf(file: string): string {
  return createHash("sha256").update(readFileSync(file)).digest("hex");
}
