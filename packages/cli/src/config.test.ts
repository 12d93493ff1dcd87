import { PassThrough } from "node:stream";
import { describe, expect, test } from "vitest";
import { dataFileOf, handlerEnvironment, hookEnvironment, isUnattended, publicUrlOf, serverKeysOf } from "./config.ts";
import type { Context, Environment } from "./context.ts";
import { Secrets } from "./secrets.ts";

function contextOf(environment: Environment): Context {
  const streams = { stdin: new PassThrough(), stdout: new PassThrough(), stderr: new PassThrough() };
  return { environment, streams, secrets: new Secrets() };
}

describe("the key of our own server", () => {
  test("is never that of WorkOS, which would be given to whoever asks this server", () => {
    expect(serverKeysOf({ insecureSecretFiles: false }, contextOf({ WORKOS_API_KEY: "sk_live_abc" }))).toBeNull();
    expect(
      serverKeysOf(
        { insecureSecretFiles: false },
        contextOf({ WORKOS_API_KEY: "sk_live_abc", DIRSYNC_API_KEY: "sk_own" }),
      ),
    ).toEqual(["sk_own"]);
  });

  test("may be several, one a line, each of which is kept out of logs", () => {
    const context = contextOf({ DIRSYNC_API_KEY: "sk_next\n\n sk_before\n" });
    expect(serverKeysOf({ insecureSecretFiles: false }, context)).toEqual(["sk_next", "sk_before"]);
    expect(context.secrets.redactAll("sk_before and sk_next")).toBe("[redacted] and [redacted]");
  });

  test("goes with a public address that is checked like any other", () => {
    expect(publicUrlOf(contextOf({}))).toBeUndefined();
    expect(publicUrlOf(contextOf({ DIRSYNC_PUBLIC_URL: "https://sync.acme.test/" }))).toBe("https://sync.acme.test");
    expect(() => publicUrlOf(contextOf({ DIRSYNC_PUBLIC_URL: "sync.acme.test" }))).toThrow(/DIRSYNC_PUBLIC_URL/);
  });
});

test("the server's data file lies in the state folder", () => {
  expect(dataFileOf(undefined, { HOME: "/e" })).toBe("/e/.local/state/dirsync/server.db");
  expect(dataFileOf("/a/x.db", { DIRSYNC_DATA: "/b/x.db" })).toBe("/a/x.db");
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

  test("holds what is named besides", () => {
    const inherited = hookEnvironment(environment, ["APP_DATABASE", "ABSENT"]);
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

test("handlers inherit all but our secrets, those of our own server included, unless one is asked for", () => {
  const names = [
    "DIRSYNC_API_KEY",
    "WORKOS_API_KEY",
    "DIRSYNC_WEBHOOK_SECRET",
    "WORKOS_WEBHOOK_SECRET",
    "DIRSYNC_FORWARD_SECRET",
  ];
  const secrets = Object.fromEntries([...names, "DIRSYNC_ENCRYPTION_KEY"].map((name) => [name, `secret of ${name}`]));
  const environment = { ...secrets, DATABASE_URL: "postgres://app.test", PATH: "/bin" };
  expect(handlerEnvironment(environment)).toEqual({ DATABASE_URL: "postgres://app.test", PATH: "/bin" });
  expect(handlerEnvironment(environment, ["WORKOS_API_KEY"])).toMatchObject({
    WORKOS_API_KEY: "secret of WORKOS_API_KEY",
  });
});
