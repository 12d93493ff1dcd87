import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import Database from "better-sqlite3";
import { expect, onTestFinished, test } from "vitest";
import { startServer } from "../fixtures/running-server.ts";
import { digestOf } from "../ids.ts";
import { migrations } from "./migrations/index.ts";

/** Of the schema before tokens were rows of their own. */
const versionBefore = 6;

test("the token of a directory from before goes on working, and can be rotated", async () => {
  const folder = mkdtempSync(join(tmpdir(), "dirsync-token-migration-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const dataFile = join(folder, "server.db");
  const hash = digestOf("dsync_before");
  makeOldFile(dataFile, hash);
  const { url, api } = await startServer({ dataFile });
  const users = (token: string): Promise<Response> =>
    fetch(`${url}/scim/v2.0/key`, { headers: { Authorization: `Bearer ${token}` } });
  expect((await users("dsync_before")).status).toBe(200);
  const { body } = await api(`/directories/${directoryId}/tokens`);
  const id = directoryId.replace("directory_", "directory_token_");
  expect(body).toMatchObject({ data: [{ id, name: "First token", scope: "provisioning", token_suffix: "" }] });
  const rotated = await api(`/directories/${directoryId}/tokens/${id}/rotate`, {
    method: "POST",
    body: { overlap_seconds: 0 },
  });
  expect((await users("dsync_before")).status).toBe(401);
  expect((await users((rotated.body as { token: string }).token)).status).toBe(200);
});

const directoryId = "directory_01KAY00000000000000000000A";

function makeOldFile(dataFile: string, hash: string): void {
  const old = new Database(dataFile);
  for (const schema of migrations.slice(0, versionBefore)) old.exec(schema);
  old.exec(`
    insert into organization (id, name, metadata, domains, created_at, updated_at)
      values ('org_01KAY00000000000000000000A', 'Acme', '{}', '[]', '2026-11-01T00:00:00.000Z', '2026-11-01T00:00:00.000Z');
    insert into directory (id, organization_seq, organization_id, external_key, type, name, name_folded, soft_delete,
        token_hash, users_active, users_inactive, users_hidden, groups, created_at, updated_at)
      values ('${directoryId}', 1, 'org_01KAY00000000000000000000A', 'key', 'okta scim v2.0', 'Acme', 'acme', 1,
        '${hash}', 0, 0, 0, 0, '2026-11-01T00:00:00.000Z', '2026-11-01T00:00:00.000Z');
  `);
  // "DSyS".
  old.pragma(`application_id = ${String(0x44537953)}`);
  old.pragma(`user_version = ${String(versionBefore)}`);
  old.close();
}
