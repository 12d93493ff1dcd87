import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PassThrough } from "node:stream";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { Context } from "../context.ts";
import { Secrets } from "../secrets.ts";
import { loadConfiguration } from "./load.ts";
import { readWebhookSecrets } from "./webhook-secrets.ts";

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "dirsync-webhook-secrets-"));
  vi.useFakeTimers({ toFake: ["Date"] });
});

afterEach(() => {
  vi.useRealTimers();
  rmSync(folder, { recursive: true });
});

function write(content: string): string {
  const path = join(folder, "secrets");
  writeFileSync(path, content, { mode: 0o600 });
  return path;
}

/** The secrets of a doorbell whose file has this content, and what is kept out of logs. */
async function secretsFrom(content: string): Promise<{ secrets: () => readonly string[]; context: Context }> {
  const streams = { stdin: new PassThrough(), stdout: new PassThrough(), stderr: new PassThrough() };
  const environment = { HOME: folder, DIRSYNC_API_KEY: "sk_abcdef" };
  const context: Context = { environment, streams, secrets: new Secrets() };
  const flags = { config: false, doorbell: ":4001", webhookSecretFile: write(content) };
  return { secrets: await readWebhookSecrets(await loadConfiguration(flags, context), context), context };
}

test.each(["whsec_one\nwhsec_two\n", "whsec_one whsec_two", " whsec_one,\twhsec_two,\n"])(
  "several secrets may stand in a file: %j",
  async (content) => {
    const { secrets, context } = await secretsFrom(content);
    expect(secrets()).toEqual(["whsec_one", "whsec_two"]);
    expect(context.secrets.redactAll("whsec_two is secret")).toBe("[redacted] is secret");
  },
);

test("a secret that is written to it later counts within a second or so, and is kept out of logs", async () => {
  const { secrets, context } = await secretsFrom("whsec_one");
  write("whsec_three whsec_one");
  // Not with every request: whoever sends many must not have the disk read as often.
  expect(secrets()).toEqual(["whsec_one"]);
  vi.setSystemTime(Date.now() + 1_000);
  expect(secrets()).toEqual(["whsec_three", "whsec_one"]);
  expect(context.secrets.redactAll("whsec_three")).toBe("[redacted]");
});

test("a file that is empty or gone for a moment takes no secret away, and a clock that is set back puts nothing off", async () => {
  const { secrets } = await secretsFrom("whsec_one");
  write("");
  vi.setSystemTime(Date.now() - 86_400_000);
  expect(secrets()).toEqual(["whsec_one"]);
  rmSync(join(folder, "secrets"));
  vi.setSystemTime(Date.now() + 2_000);
  expect(secrets()).toEqual(["whsec_one"]);
  write("whsec_two");
  vi.setSystemTime(Date.now() - 86_400_000);
  expect(secrets()).toEqual(["whsec_two"]);
});
