import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PassThrough } from "node:stream";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import {
  dataFileOf,
  hookEnvironment,
  isUnattended,
  publicUrlOf,
  serverKeyOf,
  serviceConfig,
  stateFileOf,
} from "./config.ts";
import type { Context, Environment } from "./context.ts";
import { Secrets } from "./secrets.ts";

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "dirsync-config-"));
});

afterEach(() => {
  rmSync(folder, { recursive: true });
});

function contextOf(environment: Environment): Context {
  const streams = { stdin: new PassThrough(), stdout: new PassThrough(), stderr: new PassThrough() };
  return { environment, streams, secrets: new Secrets() };
}

function keyFile(content: string, mode = 0o600): string {
  const file = join(folder, "key");
  writeFileSync(file, content);
  chmodSync(file, mode);
  return file;
}

const keyOf = (apiKeyFile: string | undefined, context: Context): string =>
  serviceConfig(apiKeyFile === undefined ? {} : { apiKeyFile }, context).apiKey;

describe("the API key", () => {
  test("a file named by the flag wins over every variable", () => {
    const context = contextOf({ DIRSYNC_API_KEY: "sk_dirsync", WORKOS_API_KEY: "sk_workos" });
    expect(keyOf(keyFile("sk_from_file\n"), context)).toBe("sk_from_file");
  });

  test("our own variable wins over WorkOS's", () => {
    expect(keyOf(undefined, contextOf({ DIRSYNC_API_KEY: "sk_a", WORKOS_API_KEY: "sk_b" }))).toBe("sk_a");
    expect(keyOf(undefined, contextOf({ WORKOS_API_KEY: "sk_b" }))).toBe("sk_b");
  });

  test("no key at all says how to give one", () => {
    expect(() => serviceConfig({}, contextOf({}))).toThrow(/WORKOS_API_KEY or DIRSYNC_API_KEY.*--api-key-file/);
  });

  test("a variable that is set but empty is a mistake, not an absent key", () => {
    expect(() => keyOf(undefined, contextOf({ DIRSYNC_API_KEY: " " }))).toThrow(/empty/);
  });

  test("a file that everybody can read is refused", () => {
    const file = keyFile("sk_secret", 0o644);
    expect(() => keyOf(file, contextOf({}))).toThrow(/chmod 600/);
  });

  test.each([
    ["missing", () => join(folder, "nowhere"), /Cannot read the API key file/],
    ["empty", () => keyFile("\n"), /is empty/],
  ])("a %s file is refused", (_name, file, message) => {
    expect(() => keyOf(file(), contextOf({}))).toThrow(message);
  });

  test("a key that was read is redacted from then on", () => {
    const context = contextOf({ DIRSYNC_API_KEY: "sk_canary_123" });
    keyOf(undefined, context);
    expect(context.secrets.redact("key sk_canary_123!")).toBe("key [redacted]!");
  });
});

describe("the key of our own server", () => {
  test("is never that of WorkOS, which would be given to whoever asks this server", () => {
    expect(serverKeyOf(undefined, contextOf({ WORKOS_API_KEY: "sk_live_abc" }))).toBeNull();
    expect(serverKeyOf(undefined, contextOf({ WORKOS_API_KEY: "sk_live_abc", DIRSYNC_API_KEY: "sk_own" }))).toBe(
      "sk_own",
    );
  });

  test("goes with a public address that is checked like any other", () => {
    expect(publicUrlOf(contextOf({}))).toBeUndefined();
    expect(publicUrlOf(contextOf({ DIRSYNC_PUBLIC_URL: "https://sync.acme.test/" }))).toBe("https://sync.acme.test");
    expect(() => publicUrlOf(contextOf({ DIRSYNC_PUBLIC_URL: "sync.acme.test" }))).toThrow(/DIRSYNC_PUBLIC_URL/);
  });
});

describe("the base URL", () => {
  const key = { DIRSYNC_API_KEY: "sk_abcdef" };

  test.each<[string, { baseUrl?: string }, Environment, string]>([
    [
      "the flag wins",
      { baseUrl: "http://flag.test/" },
      { DIRSYNC_BASE_URL: "http://variable.test" },
      "http://flag.test",
    ],
    ["then the variable", {}, { DIRSYNC_BASE_URL: "http://variable.test" }, "http://variable.test"],
    ["then WorkOS", {}, {}, "https://api.workos.com"],
  ])("%s", (_name, flags, environment, expected) => {
    expect(serviceConfig(flags, contextOf({ ...key, ...environment })).baseUrl).toBe(expected);
  });

  test.each(["localhost:4400", "ftp://host.test", "not a url", "http://"])("%s is refused by name", (baseUrl) => {
    expect(() => serviceConfig({ baseUrl }, contextOf(key))).toThrow(/--base-url is not an http or https URL/);
  });

  test("a key that was given in its place is not repeated", () => {
    expect(() => serviceConfig({ baseUrl: "sk_live_x" }, contextOf(key))).not.toThrow(/sk_live_x/);
  });

  test("a password in it is refused without being repeated", () => {
    const attempt = (): unknown => serviceConfig({ baseUrl: "http://me:hunter22@host.test" }, contextOf(key));
    expect(attempt).toThrow(/must not contain a user name or password/);
    expect(attempt).not.toThrow(/hunter22/);
  });
});

describe("files", () => {
  test.each<[string, string | undefined, Environment, string]>([
    ["the flag", "/a/x.db", { DIRSYNC_STATE: "/b/x.db" }, "/a/x.db"],
    ["the variable", undefined, { DIRSYNC_STATE: "/b/x.db", STATE_DIRECTORY: "/c" }, "/b/x.db"],
    ["the service manager's folder", undefined, { STATE_DIRECTORY: "/c", XDG_STATE_HOME: "/d" }, "/c/tail.db"],
    ["the XDG state folder", undefined, { XDG_STATE_HOME: "/d", HOME: "/e" }, "/d/dirsync/tail.db"],
    ["the home folder", undefined, { HOME: "/e" }, "/e/.local/state/dirsync/tail.db"],
  ])("the state file is named by %s", (_name, flag, environment, expected) => {
    expect(stateFileOf(flag, environment)).toBe(expected);
  });

  test("the server's data file lies beside it and is another one", () => {
    expect(dataFileOf(undefined, { HOME: "/e" })).toBe("/e/.local/state/dirsync/server.db");
  });
});

describe("the environment of a hook", () => {
  const environment = {
    PATH: "/bin",
    HOME: "/home/me",
    LC_ALL: "C",
    DIRSYNC_API_KEY: "sk_secret",
    WORKOS_API_KEY: "sk_secret",
    NODE_OPTIONS: "--inspect",
    HTTP_PROXY: "http://proxy.test",
    APP_DATABASE: "postgres://…",
  };

  test("holds what a program needs to run, and none of our secrets", () => {
    expect(hookEnvironment(environment)).toEqual({ PATH: "/bin", HOME: "/home/me", LC_ALL: "C" });
  });

  test("holds what DIRSYNC_HOOK_ENV names besides", () => {
    const inherited = hookEnvironment({ ...environment, DIRSYNC_HOOK_ENV: "APP_DATABASE, ABSENT" });
    expect(inherited["APP_DATABASE"]).toBe("postgres://…");
    expect(Object.keys(inherited)).not.toContain("ABSENT");
  });
});

test.each<[string | undefined, boolean]>([
  ["true", true],
  ["1", true],
  ["false", false],
  ["", false],
  [undefined, false],
])("CI=%s means that nobody watches: %s", (ci, expected) => {
  expect(isUnattended({ CI: ci })).toBe(expected);
});
