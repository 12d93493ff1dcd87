/** Every query in the documents is put to the state file of a tail, and must find somebody. */

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { createConsumer, eventsApiSource, openJournal } from "@dirsync/consumer";
import Database from "better-sqlite3";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startCompany } from "./support/company.ts";
import { codeBlocks, documents } from "./support/markdown.ts";

const root = fileURLToPath(new URL("..", import.meta.url));
const queries = documents(root)
  .flatMap((file) => codeBlocks(root, file))
  .filter(({ language }) => language === "sql")
  .map(({ file, line, code }) => [`${file}:${line}`, code] as const);

const folder = mkdtempSync(join(tmpdir(), "dirsync-sql-"));
const path = join(folder, "state.db");

beforeAll(async () => {
  const company = await startCompany("sk_test_sql");
  await company.hire(3);
  const journal = await openJournal({ path, role: "holder" });
  await createConsumer({ source: eventsApiSource(company.client), journal, sinks: [] }).run({ once: true });
  await journal.close();
  await company.close();
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

function ask(sql: string): readonly unknown[] {
  const database = new Database(path, { readonly: true });
  try {
    return database.prepare(sql).all();
  } finally {
    database.close();
  }
}

describe("every query in the documents", () => {
  test.each(queries)("%s finds something", (_place, sql) => {
    expect(ask(sql)).not.toEqual([]);
  });

  test("is one of several, and one with a mistake is found", () => {
    expect(queries.length).toBeGreaterThan(2);
    expect(() => ask("SELECT emial FROM users")).toThrow("no such column");
  });
});

test.each([
  ["directories", "id organization_id name type state created_at updated_at body seq"],
  [
    "users",
    "id directory_id organization_id idp_id email first_name last_name state role created_at updated_at body seq",
  ],
  ["groups", "id directory_id organization_id idp_id name created_at updated_at body seq"],
  ["memberships", "group_id user_id directory_id seq"],
])("the view %s has the columns that are promised", (view, columns) => {
  const database = new Database(path, { readonly: true });
  const names = database.prepare(`SELECT name FROM pragma_table_info('${view}')`).pluck().all();
  database.close();
  expect(names).toEqual(columns.split(" "));
});
