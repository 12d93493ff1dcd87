/** State files that cannot be used. Whatever is wrong with one, it is left as it is. */
import { chmodSync, copyFileSync, mkdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import Database from "better-sqlite3";
import { describe, expect } from "vitest";
import { expectNothingLost, expectToFollow, onceToStdout, positionOf } from "../../support/catching-up.ts";
import { type Rig, test } from "../../support/rig.ts";

/** Somebody who may not write what root has written. Root itself may write everything. */
const nobody = process.getuid?.() === 0 ? { user: 65_534 } : {};

const damages: readonly [string, (path: string) => void, RegExp][] = [
  [
    "is some text",
    (path) => writeFileSync(path, "name,email\n".repeat(500)),
    /is no state file, or is damaged so that it cannot be told; it was left untouched\..*--state.*backup/,
  ],
  ["is cut off", (path) => truncateSync(path, 10_000), /is damaged and was left untouched.*backup/],
  ["has a page of noise", (path) => overwrite(path, 4_096, Buffer.alloc(4_096, 0xa5)), /is damaged/],
  ["has another letter in its cursor", (path) => flipCursor(path), /is damaged and was left untouched/],
  ["belongs to another program", (path) => foreign(path), /is a database, but not a Dirsync state file/],
  ["is from a newer version", (path) => edit(path, "PRAGMA user_version = 99"), /written by a newer Dirsync.*Upgrade/],
];

describe.concurrent("a state file that cannot be used ends with 74 and is left as it is", () => {
  test("when it is damaged, foreign or from a newer version", async ({ rig }) => {
    await expectNothingLost(rig);
    const backup = `${rig.state}.backup`;
    copyFileSync(rig.state, backup);
    for (const [name, damage, message] of damages) {
      copyFileSync(backup, rig.state);
      damage(rig.state);
      const before = readFileSync(rig.state);
      for (const command of [onceToStdout, ["status"], ["dead-letters", "list", "--json"]]) {
        const { code, stdout, stderr } = await rig.run(command);
        expect({ name, command, code, stdout }).toEqual({ name, command, code: 74, stdout: "" });
        expect(stderr).toMatch(message);
        expect(stderr).toContain(rig.state);
      }
      expect({ name, isUnchanged: readFileSync(rig.state).equals(before) }).toEqual({ name, isUnchanged: true });
    }
    copyFileSync(backup, rig.state);
    await rig.company.hire(2);
    await expectNothingLost(rig);
  });

  test("when it is a folder", async ({ rig }) => {
    mkdirSync(rig.state);
    const exit = await rig.run(onceToStdout);
    expect(exit).toMatchObject({ code: 74, stdout: "" });
    expect(exit.stderr).toMatch(/tail\.db is not a file\. Name another one with --state/);
  });

  test("when it would be below a file", async ({ rig }) => {
    rig.write("file", "");
    const exit = await rig.run([...onceToStdout, "--state", `${rig.folder}/file/tail.db`]);
    expect(exit).toMatchObject({ code: 74, stdout: "" });
    expect(exit.stderr).toMatch(/file.*cannot be opened/);
  });

  test.for<[string, (rig: Rig) => string]>([
    ["file", (rig) => rig.state],
    ["folder", (rig) => rig.folder],
  ])("when its %s may not be written", async ([, place], { rig }) => {
    await expectNothingLost(rig);
    await rig.company.hire(2);
    // Others may read everything; on the place in question not even its owner may write.
    chmodSync(rig.folder, 0o755);
    chmodSync(rig.state, 0o644);
    const mode = place(rig) === rig.state ? 0o444 : 0o555;
    chmodSync(place(rig), mode);
    const exit = await rig.start(onceToStdout, {}, nobody).exit;
    expect(exit).toMatchObject({ code: 74, stdout: "" });
    expect(exit.stderr).toMatch(/cannot be written\. Make it and its folder writable/);
    chmodSync(place(rig), mode | 0o200);
    await expectNothingLost(rig);
  });

  test("when it follows another service, and that service goes on where it was", async ({ rig }) => {
    await expectNothingLost(rig);
    const before = await positionOf(rig);
    const exit = await rig.run([...onceToStdout, "--base-url", await rig.otherCompany()]);
    expect(exit).toMatchObject({ code: 74, stdout: "" });
    expect(exit.stderr).toMatch(new RegExp(`holds the log of ${rig.proxy.url}, not of .*Use another --state`));
    expect(await positionOf(rig)).toEqual(before);
    await rig.company.hire(2);
    await expectNothingLost(rig);
  });
});

describe.concurrent("a state file", () => {
  test("goes on where it was when its service has another address, once it is told so", async ({ rig }) => {
    await expectNothingLost(rig);
    await rig.company.hire(2);
    // The same service, asked past the proxy.
    const moved = [...onceToStdout, "--base-url", rig.company.url];
    const untold = await rig.run(moved);
    expect(untold).toMatchObject({ code: 74, stdout: "" });
    expect(untold.stderr).toMatch(/if the same service has moved, say --moved-from with its old address/);
    const elsewhere = await rig.run([...moved, "--moved-from", "https://sync.example.com"]);
    expect(elsewhere).toMatchObject({ code: 74, stdout: "" });

    const told = await rig.run([...moved, "--moved-from", `${rig.proxy.url}/`]);
    expect(told.code).toBe(0);
    expect(told.stderr).toContain("the log has moved");
    expect(rig.delivered()).toEqual(await rig.logged());
    await rig.company.hire(1);
    // Whether the flag is still there or not.
    expect((await rig.run([...moved, "--moved-from", rig.proxy.url])).code).toBe(0);
    await rig.company.hire(1);
    expect((await rig.run(moved)).code).toBe(0);
    expect(rig.delivered()).toEqual(await rig.logged());
  });

  test("that another tail holds ends with 73, names that process, and disturbs nobody", async ({ rig }) => {
    const holder = rig.start(["tail", "--stdout"]);
    await holder.output("stdout", /(.*\n){6}/);
    const exit = await rig.run(onceToStdout);
    expect(exit).toMatchObject({ code: 73, stdout: "" });
    expect(exit.stderr).toMatch(new RegExp(`held by another process.*pid ${holder.pid}.*--state`));
    const status = await rig.run(["status", "--json"]);
    expect(JSON.parse(status.stdout)).toMatchObject({ head_seq: 6, holder: `pid ${holder.pid}` });
    await rig.company.hire(2);
    await expectToFollow(rig, holder);
    await expectNothingLost(rig);
  });

  test.for(["status", "status --json", "dead-letters list", "dead-letters retry --all"])(
    "that is not there is not made by: dirsync %s",
    async (command, { rig }) => {
      const exit = await rig.run(command.split(" "));
      expect(exit).toMatchObject({ code: 2, stdout: "" });
      expect(exit.stderr).toMatch(/There is no state file at .*tail\.db.*--state/);
      expect(rig.lines("tail.db")).toEqual([]);
    },
  );

  test("that is lost is begun anew: everything comes again, and nothing is missed", async ({ rig }) => {
    await expectNothingLost(rig);
    for (const suffix of ["", "-wal", "-shm"]) rmSync(rig.state + suffix, { force: true });
    await rig.company.hire(1);
    expect(await rig.run(onceToStdout)).toMatchObject({ code: 0 });
    const log = await rig.logged();
    expect(rig.delivered()).toEqual([...log.slice(0, 6), ...log]);
  });

  test("can be read by its owner only", async ({ rig }) => {
    await expectNothingLost(rig);
    const modes = rig.modes().filter(([name]) => name.startsWith("tail.db"));
    expect(modes.map(([, mode]) => mode)).toEqual(modes.map(() => "600"));
  });
});

function edit(path: string, sql: string): void {
  const database = new Database(path);
  database.exec(sql);
  database.pragma("wal_checkpoint(TRUNCATE)");
  database.close();
}

function foreign(path: string): void {
  for (const suffix of ["", "-wal", "-shm"]) rmSync(path + suffix, { force: true });
  edit(path, "CREATE TABLE invoice (id INTEGER PRIMARY KEY)");
}

function overwrite(path: string, offset: number, bytes: Buffer): void {
  const content = readFileSync(path);
  bytes.copy(content, offset);
  writeFileSync(path, content);
}

/** Changes one character of the cursor where it is stored, as a bad disk would: SQLite itself does not notice. */
function flipCursor(path: string): void {
  const database = new Database(path, { readonly: true });
  const cursor = String(database.prepare("SELECT cursor FROM stream").pluck().get());
  database.close();
  const content = readFileSync(path);
  // The row of the stream comes before those of the events, on a page of its own.
  overwrite(path, content.indexOf(cursor) + cursor.length - 1, Buffer.from(cursor.endsWith("A") ? "B" : "A"));
}
