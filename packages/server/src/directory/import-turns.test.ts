import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { systemRuntime } from "@dirsync/sdk";
import { expect, onTestFinished, test } from "vitest";
import { personOf, row } from "../fixtures/import-rig.ts";
import { apiKey, runtimeWith, startServer } from "../fixtures/running-server.ts";
import type { RunningServer } from "../fixtures/running-server.ts";
import { readBackup } from "../index.ts";

/*
 * An import is one change, as are another mapping, the members of a large group and the end of a directory, and whoever reads
 * or writes waits for it. The process does not: what asks for nothing stored is answered, and health is told without waiting
 * to the end.
 */

const people = Array.from({ length: 3_000 }, (_, index) => row(personOf(`p${String(index)}`)));

/** A server whose patience ends with a turn of the event loop where it waits half a second. */
async function imported() {
  const sleep: typeof systemRuntime.sleep = async (ms, signal) =>
    ms === 500 ? new Promise((resolve) => setImmediate(resolve)) : systemRuntime.sleep(ms, signal);
  const dataFile = join(temporaryFolder(), "server.db");
  const running = await startServer({ dataFile, runtime: runtimeWith({ sleep }) });
  const { created, scim } = await running.createDirectory();
  const path = `/directories/${created.id}`;
  let isUnderWay = true;
  const importing = running
    .api(`${path}/import`, { method: "POST", body: { mode: "apply", people } })
    .finally(() => (isUnderWay = false));
  return { ...running, path, scim, importing, isUnderWay: () => isUnderWay };
}

/** What the process answers to somebody who wants nothing stored, and to a probe, for as long as something is under way. */
async function health(api: RunningServer["api"], isUnderWay: () => boolean): Promise<readonly unknown[]> {
  const answers: unknown[] = [];
  while (isUnderWay()) {
    expect((await api("/nowhere")).status).toBe(404);
    answers.push((await api("/healthz")).body);
  }
  return answers.filter((body) => JSON.stringify(body) === '{"status":"busy"}');
}

test("while an import is made, the process answers, and says that it is busy", async () => {
  const { api, importing, isUnderWay } = await imported();
  expect((await health(api, isUnderWay)).length).toBeGreaterThan(5);
  expect((await importing).body).toMatchObject({ created: people.length });
  expect((await api("/healthz")).body).toEqual({ status: "ok" });
});

test("while everybody is read anew by another mapping, the process answers, and says that it is busy", async () => {
  const { api, path, importing } = await imported();
  await importing;
  let isUnderWay = true;
  const mapping = { custom_attributes: { login: "userName" } };
  const changing = api(`${path}/mapping`, { method: "PATCH", body: mapping }).finally(() => (isUnderWay = false));
  expect((await health(api, () => isUnderWay)).length).toBeGreaterThan(2);
  expect((await changing).status).toBe(200);
});

test("while a large group gets its members, the process answers, and says that it is busy", async () => {
  const { api, scim, importing } = await imported();
  await importing;
  const members: { value: string }[] = [];
  for (let startIndex = 1; startIndex <= people.length; startIndex += 1_000) {
    const { body } = await scim(`/Users?attributes=id&count=1000&startIndex=${String(startIndex)}`);
    members.push(...(body as { Resources: { id: string }[] }).Resources.map(({ id }) => ({ value: id })));
  }
  let isUnderWay = true;
  const making = scim("/Groups", { method: "POST", body: { displayName: "Everybody", members } }).finally(
    () => (isUnderWay = false),
  );
  expect((await health(api, () => isUnderWay)).length).toBeGreaterThan(5);
  const { id } = (await making).body as { id: string };
  const { totalResults } = (await scim(`/Users?filter=${encodeURIComponent(`groups.value eq "${id}"`)}&count=0`))
    .body as { totalResults: number };
  expect([members.length, totalResults]).toEqual([people.length, people.length]);
});

test("while a directory is deleted, the process answers, and says that it is busy", async () => {
  const { api, path, importing } = await imported();
  await importing;
  let isUnderWay = true;
  const deleting = api(path, { method: "DELETE" }).finally(() => (isUnderWay = false));
  expect((await health(api, () => isUnderWay)).length).toBeGreaterThan(2);
  expect((await deleting).status).toBe(202);
  expect((await api(path)).status).toBe(404);
});

test("nobody sees a part of an import: a list, a change and a backup come before it or after it", async () => {
  const { api, scim, server, importing, isUnderWay } = await imported();
  const seen: number[] = [];
  const changes: number[] = [];
  const backups: number[] = [];
  const reading = async (): Promise<void> => {
    while (isUnderWay()) seen.push(((await scim("/Users?count=1")).body as { totalResults: number }).totalResults);
  };
  const changing = async (): Promise<void> => {
    for (let count = 0; isUnderWay(); count += 1) {
      changes.push((await scim("/Users", { method: "POST", body: personOf(`late${String(count)}`) })).status);
    }
  };
  const copying = async (): Promise<void> => {
    while (isUnderWay()) {
      backups.push(readBackup(await backedUp(server)).users);
    }
  };
  await Promise.all([importing, reading(), changing(), copying()]);
  const isWhole = (users: number): boolean => users <= changes.length || users >= people.length;
  expect(seen.filter((users) => !isWhole(users))).toEqual([]);
  expect(backups.filter((users) => !isWhole(users))).toEqual([]);
  expect(new Set(changes)).toEqual(new Set([201]));
  expect(Math.min(seen.length, changes.length, backups.length)).toBeGreaterThan(0);
  expect((await api("/healthz")).body).toEqual({ status: "ok" });
});

test("a backup that is asked for while an import is under way has all of it", async () => {
  const { api, server, importing, isUnderWay } = await imported();
  while (JSON.stringify((await api("/healthz")).body) !== '{"status":"busy"}') expect(isUnderWay()).toBe(true);
  expect(readBackup(await backedUp(server)).users).toBe(people.length);
  expect((await importing).status).toBe(200);
});

/** The file of a backup. */
async function backedUp(server: RunningServer["server"]): Promise<string> {
  const request = { method: "POST", headers: { Authorization: `Bearer ${apiKey}` } };
  const answer = await server.fetch(new Request("http://x.test/backups", request));
  expect(answer.status).toBe(200);
  const file = join(temporaryFolder(), "copy.db");
  writeFileSync(file, Buffer.from(await answer.arrayBuffer()), { mode: 0o600 });
  return file;
}

function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "dirsync-turns-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}
