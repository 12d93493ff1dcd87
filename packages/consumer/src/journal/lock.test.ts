import { once } from "node:events";
import { mkdirSync, rmSync, symlinkSync } from "node:fs";
import { createRequire } from "node:module";
import { Worker } from "node:worker_threads";
import { beforeAll, describe, expect, test } from "vitest";
import { buildScript, startChild } from "../fixtures/children.ts";
import { newStateFile } from "../fixtures/state-file.ts";
import { isStateFileHeld, openJournal } from "./open.ts";

let script: string;

/** Has the lock as a look has it, only for longer. */
const lookForAMoment = `
  const { parentPort, workerData } = require("node:worker_threads");
  const look = new (require(workerData.sqlite))(workerData.lock, { readonly: true });
  look.exec("BEGIN");
  look.pragma("schema_version");
  parentPort.postMessage("looking");
  setTimeout(() => look.close(), 20);
`;

beforeAll(async () => {
  script = await buildScript("hold-journal");
});

describe("while another process holds the state file", () => {
  test("a second holder is refused at once, by the name and pid of the first", async () => {
    const path = newStateFile();
    const first = startChild(script, [path]);
    await first.said("holding");
    const opening = openJournal({ path, role: "holder" });
    await expect(opening).rejects.toMatchObject({ name: "StateError", code: "locked", retryable: false });
    await expect(opening).rejects.toThrow(`pid ${first.pid}`);
  });

  test("so is one that calls it by another name, a symbolic link", async () => {
    const path = newStateFile();
    const link = `${path}.link`;
    symlinkSync(path, link);
    const first = startChild(script, [path]);
    await first.said("holding");
    await expect(openJournal({ path: link, role: "holder" })).rejects.toThrow(`pid ${first.pid}`);
    await expect(isStateFileHeld(link)).resolves.toBe(true);
  });

  test("a visitor may look", async () => {
    const path = newStateFile();
    const first = startChild(script, [path]);
    await first.said("holding");
    const visitor = await openJournal({ path, role: "visitor" });
    await expect(visitor.status()).resolves.toMatchObject({ holder: `pid ${first.pid}`, epoch: 1, headSeq: 0 });
    await visitor.close();
  });

  test("which is then killed, the next one has it at once, with a higher epoch", async () => {
    const path = newStateFile();
    const first = startChild(script, [path]);
    await first.said("holding 1");
    first.process.kill("SIGKILL");
    await first.exited;
    const journal = await openJournal({ path, role: "holder", holder: "tail on host-1" });
    expect(journal.epoch).toBe(2);
    await expect(journal.status()).resolves.toMatchObject({ holder: "tail on host-1" });
    await journal.close();
  });
});

describe("whether somebody holds a state file is told without opening it", () => {
  test("of one that is held, one that was let go, and one that never was", async () => {
    const path = newStateFile();
    await expect(isStateFileHeld(path)).resolves.toBe(false);
    const journal = await openJournal({ path, role: "holder" });
    await expect(isStateFileHeld(path)).resolves.toBe(true);
    await journal.close();
    await expect(isStateFileHeld(path)).resolves.toBe(false);
  });

  test("and who looks turns nobody away that takes it meanwhile", async () => {
    const path = newStateFile();
    await (await openJournal({ path, role: "holder" })).close();
    const looking = new Worker(lookForAMoment, {
      eval: true,
      workerData: { sqlite: createRequire(import.meta.url).resolve("better-sqlite3"), lock: `${path}.lock` },
    });
    await once(looking, "message");
    const journal = await openJournal({ path, role: "holder" });
    expect(journal.epoch).toBe(2);
    await journal.close();
  });

  test("but not where its lock cannot be used: that is an error and no answer", async () => {
    const path = newStateFile();
    await (await openJournal({ path, role: "holder" })).close();
    rmSync(`${path}.lock`, { force: true });
    mkdirSync(`${path}.lock`);
    await expect(isStateFileHeld(path)).rejects.toMatchObject({ name: "StateError", code: "unreadable" });
    await expect(openJournal({ path, role: "holder" })).rejects.toMatchObject({ code: "unreadable" });
  });
});

test("a second holder in the same process is refused, and the first keeps other processes out", async () => {
  const path = newStateFile();
  const journal = await openJournal({ path, role: "holder" });
  await expect(openJournal({ path, role: "holder" })).rejects.toMatchObject({ code: "locked" });
  const other = startChild(script, [path]);
  await expect(other.said("refused locked")).resolves.toContain(`pid ${process.pid}`);
  await journal.close();
});

test("closing gives the file back", async () => {
  const path = newStateFile();
  const journal = await openJournal({ path, role: "holder" });
  await journal.close();
  const again = await openJournal({ path, role: "holder" });
  expect(again.epoch).toBe(2);
  await again.close();
});

test("a holder whose lock file was deleted cannot write over the one that replaced it", async () => {
  const path = newStateFile();
  const paused = await openJournal({ path, role: "holder" });
  rmSync(`${path}.lock`);
  const next = startChild(script, [path]);
  await next.said("holding 2");
  const write = paused.markCaughtUp(1);
  await expect(write).rejects.toMatchObject({ code: "fenced", retryable: false });
  await expect(write).rejects.toThrow(/was taken over by another process.*its own --state file/);
  await paused.close();
});
