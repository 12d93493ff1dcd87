/** Wrong flags, arguments and files on the command line. */
import { describe, expect } from "vitest";
import { test } from "../../support/rig.ts";

describe.concurrent("a command line that cannot be understood ends with 2 and says where help is", () => {
  test.for<[string, RegExp]>([
    ["tail --onec", /unknown option '--onec'\n\(Did you mean --once\?\)/],
    ["tial", /unknown command 'tial'\n\(Did you mean tail\?\)/],
    ["help tial", /^error: unknown command 'tial'\n\(Did you mean tail\?\)/],
    ["help users lsit", /^error: unknown command 'lsit'\n\(Did you mean list\?\)/],
    ["users lsit", /unknown command 'lsit'\n\(Did you mean list\?\)/],
    ["tail --once file.ts", /too many arguments/],
    ["tail --handlers", /argument missing/],
    ["users get", /missing required argument 'id'/],
    ["users list --limit 0", /A limit is a whole number from 1 up/],
    ["users list --limit ten", /A limit is a whole number from 1 up/],
    ["serve --port 70000", /A port is a number from 0 to 65535/],
    ["dead-letters show", /missing required argument 'event-id'\n\(dirsync help dead-letters show shows examples\)/],
    ["import people.csv --directory --apply", /option '--directory <id>' has no value; --apply follows it/],
    ["reconcile --directory --apply", /option '--directory <id>' has no value; --apply follows it/],
  ])("dirsync %s", async ([command, message], { rig }) => {
    const exit = await rig.run(command.split(" "));
    expect(exit).toMatchObject({ code: 2, stdout: "" });
    expect(exit.stderr).toMatch(message);
    expect(exit.stderr).toMatch(/\(dirsync help .+ shows examples\)/);
    expect(rig.proxy.arrivals).toEqual([]);
  });

  // The key is searched for in everything that was written, when the test is over.
  test.for([
    (key: string) => ["tail", "--stdout", "--api-key", key],
    (key: string) => ["tail", "--stdout", `--api-key=${key}`],
    (key: string) => ["users", "list", `--apikey=${key}`],
    (key: string) => ["serve", `--key=${key}`],
  ])("a key as a flag is refused without being repeated", async (command, { rig }) => {
    const exit = await rig.run(command(rig.key));
    expect(exit).toMatchObject({ code: 2, stdout: "" });
    expect(exit.stderr).toMatch(/unknown option '--.*DIRSYNC_API_KEY or --api-key-file/s);
  });
});

describe.concurrent("a value that makes no sense ends with 2, a file or variable that does not with 78", () => {
  test.for<[string, number, RegExp]>([
    [
      "tail --once",
      2,
      /Nowhere to deliver to\. Give at least one of --handlers, .* or --stdout, or `sinks` in a config file/,
    ],
    [
      "tail --stdout --from yesterday!",
      2,
      /--from takes start, now, an ISO time such as 2026-\S+Z or an event id, not: "yesterday!"/,
    ],
    ["tail --stdout --from 2026-13-40", 2, /--from is not an ISO time/],
    ["tail --stdout --source-events dsync.user.created,,", 2, /--source-events has a part that is no event name/],
    ["events list --events dsync.user.created,,", 2, /--events has a part that is no event name/],
    [
      "replay --sink a --user a@example.com",
      2,
      /--user takes the id of a directory user.*`dirsync why a@example\.com`/,
    ],
    ["purge --user a@example.com", 2, /--user takes the id of a directory user.*--email/],
    ["tail --stdout --base-url ftp://example.com", 2, /--base-url is not an http or https URL/],
    ["tail --stdout --base-url http://me:sesame@example.com", 2, /--base-url must not contain a user name or password/],
    ["users list --email a@example.com", 2, /--email needs --directory/],
    ["events list --after event_1 --from 2026-01-01", 2, /--after and --from exclude each other/],
    ["users list --api-key-file missing.key", 78, /--api-key-file: Cannot read the secret in a file: ENOENT/],
    ["users list --api-key-file open.key", 78, /can be read by everybody\. Run: chmod 600/],
    ["users list --api-key-file empty.key", 78, /empty\.key is empty/],
  ])("dirsync %s", async ([command, code, message], { rig }) => {
    rig.write("open.key", "sk_open_to_everybody\n", 0o644);
    rig.write("empty.key", "\n", 0o600);
    const exit = await rig.run(command.split(" "));
    expect(exit).toMatchObject({ code, stdout: "" });
    expect(exit.stderr).toMatch(message);
    expect(exit.stderr).not.toMatch(/sesame|sk_open/);
    expect(rig.proxy.arrivals).toEqual([]);
  });

  test("no key at all", async ({ rig }) => {
    const exit = await rig.run(["users", "list"], { DIRSYNC_API_KEY: "" });
    expect(exit).toMatchObject({ code: 78, stdout: "" });
    expect(exit.stderr).toMatch(/DIRSYNC_API_KEY is set but empty/);
    const none = await rig.runWithoutKey(["users", "list"]);
    expect(none).toMatchObject({ code: 78, stdout: "" });
    expect(none.stderr).toMatch(/No API key\. Set WORKOS_API_KEY or DIRSYNC_API_KEY, or .*--api-key-file/);
  });

  test("an event name that the service does not know is refused by it, and named", async ({ rig }) => {
    const exit = await rig.run(["tail", "--once", "--stdout", "--source-events", "dsync.user.exploded"]);
    expect(exit).toMatchObject({ code: 78, stdout: "" });
    expect(exit.stderr).toMatch(/answered 400.*dsync\.user\.exploded/);
  });

  test("with --json the error is one JSON value with its code", async ({ rig }) => {
    const exit = await rig.run(["users", "get", "directory_user_unknown", "--json"]);
    expect(exit).toMatchObject({ code: 78, stdout: "" });
    expect(JSON.parse(exit.stderr)).toMatchObject({ error: { code: "not_found", exit_code: 78 } });
  });

  test.for([
    ["tail --json --hanlders x", "unknown option '--hanlders' (Did you mean --handlers?)"],
    ["users lst --json", "unknown command 'lst' (Did you mean list?)"],
    ["replay --json", "required option '--sink <name>' not specified"],
    ["tail --json --api-key=sk_open_sesame", "unknown option '--api-key'"],
  ] as const)("so is a command line that cannot be read: dirsync %s", async ([command, message], { rig }) => {
    const exit = await rig.run(command.split(" "));
    expect(exit).toMatchObject({ code: 2, stdout: "" });
    const { error } = JSON.parse(exit.stderr) as { error: { code: string; message: string; exit_code: number } };
    expect(error).toMatchObject({ code: "wrong_usage", exit_code: 2 });
    expect(error.message).toContain(message);
    expect(error.message).not.toContain("sesame");
  });
});
