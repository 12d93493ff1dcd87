import { linkSync, symlinkSync, truncateSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { buildScript, startChild } from "../fixtures/children.ts";
import { holdJournal, newStateFile } from "../fixtures/state-file.ts";
import { takeLock } from "./lock.ts";
import { checkStateFile, isStateFileEmptied, openJournal } from "./open.ts";
import { readStateFile } from "./read-state.ts";
import { connect } from "./sqlite.ts";

let script: string;

beforeAll(async () => {
  script = await buildScript("hold-journal");
});

function makeEmptyDatabase(path: string): void {
  const database = connect(path, { busyTimeoutMs: 0 });
  database.pragma("journal_mode = WAL");
  database.close();
}

async function usedStateFile(): Promise<string> {
  const path = newStateFile();
  await (await openJournal({ path, role: "holder" })).close();
  return path;
}

describe("a state file with two names", () => {
  test("is taken by neither: what one has written, the other would not see", async () => {
    const path = await usedStateFile();
    const link = `${path}.link`;
    linkSync(path, link);
    for (const name of [path, link]) {
      for (const role of ["holder", "visitor"] as const)
        await expect(openJournal({ path: name, role })).rejects.toThrow(/more than one name \(hard links\).*-samefile/);
      await expect(checkStateFile(name)).rejects.toMatchObject({ name: "StateError", code: "unreadable" });
    }
  });

  test("that is a symbolic link to one that does not exist yet is held under its own name", async () => {
    const link = newStateFile();
    const path = join(dirname(link), "real.db");
    symlinkSync(path, link);
    const first = startChild(script, [link]);
    await first.said("holding");
    await expect(openJournal({ path, role: "holder" })).rejects.toThrow(`pid ${first.pid}`);
  });
});

describe("an empty state file", () => {
  test("that was only made to be there becomes one", async () => {
    const path = newStateFile();
    writeFileSync(path, "");
    expect(isStateFileEmptied(path)).toBe(false);
    await expect(openJournal({ path, role: "visitor" })).rejects.toThrow(/is empty.*first `dirsync tail` fills it/);
    expect((await holdJournal(path)).epoch).toBe(1);
  });

  test("that was in use is told from that, and by who only looks too", async () => {
    const path = await usedStateFile();
    expect(isStateFileEmptied(path)).toBe(false);
    truncateSync(path);
    expect(isStateFileEmptied(path)).toBe(true);
    await expect(openJournal({ path, role: "visitor" })).rejects.toThrow(/is empty.*restore a backup/);
    // A first start that was cut short needs nobody.
    expect((await holdJournal(path)).epoch).toBe(1);
    expect(isStateFileEmptied(path)).toBe(false);
  });

  test.each([
    ["that has just been made", (path: string) => writeFileSync(path, "")],
    ["that is a database already", makeEmptyDatabase],
  ])("%s is told as what its first tail is at, and not as lost", async (_what, make) => {
    const path = newStateFile();
    make(path);
    const lock = takeLock(path);
    await expect(openJournal({ path, role: "visitor" })).rejects.toMatchObject({ code: "busy" });
    await expect(readStateFile(path, () => null)).rejects.toMatchObject({ code: "busy" });
    lock.close();
    await expect(openJournal({ path, role: "visitor" })).rejects.toThrow(/is empty.*restore a backup/);
  });

  test("beside which changes to it are left is damaged, and they stay", async () => {
    const path = await usedStateFile();
    const killed = startChild(script, [path]);
    await killed.said("holding");
    killed.process.kill("SIGKILL");
    await killed.exited;
    truncateSync(path);
    await expect(openJournal({ path, role: "holder" })).rejects.toMatchObject({ code: "corrupt" });
    await expect(checkStateFile(path)).rejects.toMatchObject({ code: "corrupt" });
  });
});
