/** `dirsync server backup` and `restore`: of a server that runs, back to it, and what a tail makes of that (I34). */
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, describe, expect, test, type TestContext } from "vitest";
import type { Exit } from "../support/cli-process.ts";
import { Served, type ServedDirectory } from "../support/served.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";
import { runWarmCli } from "../support/warm-cli.ts";

const home = temporaryFolder(afterAll);

describe.concurrent("a tail that has read events which a restored server has lost", { timeout: 120_000 }, () => {
  test("is refused, opens a gap, compares with the lists, and is told of what is gone", async ({ onTestFinished }) => {
    const { folder, served, directory, tail } = await begun(onTestFinished);
    await hire(directory, "kept@x.test");
    expect((await tail()).code).toBe(0);
    const made = await dirsync(served, "server", "backup", "--out", join(folder, "backup.db"), "--json");
    expect(made).toMatchObject({ code: 0, stderr: "" });
    await hire(directory, "lost-1@x.test");
    const before = await tail();
    expect(before.stdout).toContain("lost-1@x.test");
    await served.stop();

    const back = await restored(served, join(folder, "backup.db"));
    expect(back).toMatchObject({ code: 0, stderr: "" });
    served.launch();
    await served.whenUp();
    // What comes after the restore is read as well.
    await hire(directory, "after@x.test");
    const after = await tail();
    expect(after.code).toBe(0);
    expect(after.stderr).toMatch(/"reason":"rolled_back".*a gap is on record/u);
    expect(after.stdout).toContain("after@x.test");
    // One event only was lost: that it is, the server alone can know.
    expect(after.stdout).toMatch(/"id":"rec_\w+","event":"dsync\.user\.deleted".*lost-1@x\.test/u);
    const state = await dirsync(served, "state", "users", "--state", join(folder, "tail.db"), "--json");
    expect(emailsIn(state.stdout)).toEqual(["after@x.test", "kept@x.test"]);
    expect((await tail()).stdout).toBe("");
  });

  test("(control) and one that has read nothing since the backup goes on without a gap", async ({ onTestFinished }) => {
    const { folder, served, directory, tail } = await begun(onTestFinished);
    await hire(directory, "kept@x.test");
    await tail();
    await dirsync(served, "server", "backup", "--out", join(folder, "backup.db"));
    await hire(directory, "lost@x.test");
    await served.stop();
    await restored(served, join(folder, "backup.db"));
    served.launch();
    await served.whenUp();
    await hire(directory, "after@x.test");
    const after = await tail();
    expect(after).toMatchObject({ code: 0 });
    expect(after.stderr).not.toContain("gap");
    expect(emailsIn(after.stdout)).toEqual(["after@x.test"]);
  });
});

describe.concurrent("dirsync server backup", { timeout: 120_000 }, () => {
  test("writes a file for its owner, in the place of an older one, and says what is in it and which key it needs", async ({
    onTestFinished,
  }) => {
    const { folder, served, directory } = await begun(onTestFinished);
    await hire(directory, "a@x.test");
    const out = join(folder, "backup.db");
    writeFileSync(out, "an older one", { mode: 0o644 });
    const { code, stdout } = await dirsync(served, "server", "backup", "--out", out);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^holds +1 directory, 1 user, \d events$/mu);
    expect(stdout).toMatch(/^key +[0-9a-f]{8}$/mu);
    expect((statSync(out).mode & 0o777).toString(8)).toBe("600");
    expect(readdirSync(folder).filter((name) => name.includes("partial") || name.includes("copy"))).toEqual([]);
    const checked = await dirsync(served, "server", "restore", out, "--check");
    expect(checked.stdout).toMatch(/^key +[0-9a-f]{8}, the one given$/mu);
    const other = await dirsyncWith({ DIRSYNC_API_KEY: "sk_another_key" }, "server", "restore", out, "--check");
    expect(other.code).toBe(78);
    expect(other.stderr).toMatch(/need the encryption key with the fingerprint [0-9a-f]{8}; the one given has/u);
    // A data file made where no server looks would go unnoticed.
    const nowhere = await dirsyncWith({ DIRSYNC_DATA: join(folder, "none.db") }, "server", "restore", out);
    expect(nowhere.code).toBe(78);
    expect(nowhere.stderr).toMatch(/There is no data file at .*none\.db\. Name the server's.*--data/u);
    expect(existsSync(join(folder, "none.db"))).toBe(false);
  });

  test("leaves the older one where it is when the service does not answer, the key is wrong, or there is no room to go", async ({
    onTestFinished,
  }) => {
    const { folder, served } = await begun(onTestFinished);
    const out = join(folder, "backup.db");
    writeFileSync(out, "an older one");
    const backup = (environment: Readonly<Record<string, string>>, to = out) =>
      dirsyncWith(
        { DIRSYNC_API_KEY: served.apiKey, DIRSYNC_BASE_URL: served.url, ...environment },
        "server",
        "backup",
        "--out",
        to,
      );
    expect((await backup({ DIRSYNC_API_KEY: "sk_wrong" })).code).toBe(77);
    expect((await backup({}, join(folder, "none", "backup.db"))).code).toBe(78);
    // No file can be made there, not even by root; the service is not to blame.
    const unwritten = await backup({}, "/proc/backup.db");
    expect(unwritten.code).toBe(78);
    expect(unwritten.stderr).toMatch(/The backup cannot be written: E.*\/proc\/.*--out/u);
    // The file of a server that runs cannot be taken from under it.
    const held = await dirsync(served, "server", "backup", "--data", served.dataFile, "--out", out);
    expect(held.code).toBe(73);
    expect((await restored(served, out)).code).toBe(74);
    await served.stop();
    expect((await backup({})).code).toBe(69);
    expect(readFileSync(out, "utf8")).toBe("an older one");
    // Stopped, its file can be.
    expect((await dirsync(served, "server", "backup", "--data", served.dataFile, "--out", out)).code).toBe(0);
    expect(existsSync(`${out}-wal`)).toBe(false);
  });
});

/** The end of a test that runs beside others is its own. */
type AtEnd = TestContext["onTestFinished"];

async function begun(onTestFinished: AtEnd) {
  const folder = temporaryFolder(onTestFinished);
  const served = await Served.start(folder);
  onTestFinished(() => served.kill());
  const directory = await served.connect("Acme");
  const tail = () =>
    dirsync(served, "tail", "--once", "--stdout", "--json", "--state", join(folder, "tail.db"), "--skew", "100ms");
  return { folder, served, directory, tail };
}

function restored(served: Served, backup: string): Promise<Exit> {
  return dirsync(served, "server", "restore", backup, "--data", served.dataFile);
}

function dirsync(served: Served, ...args: readonly string[]): Promise<Exit> {
  return dirsyncWith({ DIRSYNC_API_KEY: served.apiKey, DIRSYNC_BASE_URL: served.url }, ...args);
}

function dirsyncWith(environment: Readonly<Record<string, string>>, ...args: readonly string[]): Promise<Exit> {
  return runWarmCli(args, { environment: { HOME: home, ...environment } });
}

async function hire({ scimUrl, token }: ServedDirectory, email: string): Promise<void> {
  const answer = await fetch(`${scimUrl}/Users`, {
    method: "POST",
    headers: { Authorization: `Bearer ${token}` },
    body: JSON.stringify({ userName: email, emails: [{ value: email, primary: true }] }),
  });
  expect(answer.status).toBe(201);
}

function emailsIn(lines: string): readonly string[] {
  return [...lines.matchAll(/"email":"([^"]+)"/gu)].map(([, email = ""]) => email).sort();
}
