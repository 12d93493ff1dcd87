import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PassThrough } from "node:stream";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { Secrets } from "../secrets.ts";
import { type ConfigFlags, loadConfiguration } from "./load.ts";

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "dirsync-sinks-"));
});

afterEach(() => {
  rmSync(folder, { recursive: true });
});

async function mistakes(flags: ConfigFlags & Readonly<Record<string, unknown>>): Promise<readonly string[]> {
  const streams = { stdin: new PassThrough(), stdout: new PassThrough(), stderr: new PassThrough() };
  const environment = { HOME: folder, DIRSYNC_API_KEY: "sk_abcdef" };
  const { problems } = await loadConfiguration(flags, { environment, streams, secrets: new Secrets() });
  return problems.all.map(({ message }) => message);
}

describe("a sink that could never get an event is refused, because what it does not get is gone", () => {
  test.each([
    [{ events: ["dsync.usr.*"] }, /^--events has "dsync\.usr\.\*", and no such event is asked for\. There are dsync/],
    [{ events: ["dsync.user.*", "dsync.user.craeted"] }, /^--events has "dsync\.user\.craeted"/],
    [{ events: ["dsync.group.*"], sourceEvents: ["dsync.user.created"] }, /There are dsync\.user\.created\.$/],
    [
      { directory: ["acme"] },
      /^--directory .*is no id of a directory, as `dirsync directories list` shows them: "acme"/,
    ],
    [{ where: ["state=active"] }, /^--where asks for state, which no event has/],
  ])("%j", async (flags, message) => {
    const found = await mistakes({ config: false, stdout: true, ...flags });
    expect(found).toEqual([expect.stringMatching(message) as unknown]);
  });

  test("also in a config file, with its line", async () => {
    const config = join(folder, "dirsync.config.yaml");
    writeFileSync(config, "sinks:\n  audit:\n    stdout: true\n    events: dsync.usr.*\n");
    const found = await mistakes({ config });
    expect(found).toEqual([expect.stringMatching(/dirsync\.config\.yaml:4: .*events has "dsync\.usr\.\*"/) as unknown]);
  });

  test.each([
    { events: ["*"] },
    { events: ["dsync.user.*", "*.deleted", "dsync.group.user_added"] },
    { events: ["organization.*"], sourceEvents: ["organization.created"] },
    { directory: ["directory_01J8ZQ", "9d0f5a3c", "directory_none"] },
  ])("%j is taken", async (flags) => {
    expect(await mistakes({ config: false, stdout: true, ...flags })).toEqual([]);
  });
});
