/**
 * Canaries: random secrets are put wherever somebody might put one, rightly or by mistake, and every path on which
 * something goes wrong is walked. None of them may turn up in what a process writes, answers or keeps.
 */
import { randomBytes } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { expect } from "vitest";
import { type Rig, test } from "../support/rig.ts";
import { until } from "../support/until.ts";

/** Letters that URLs, JSON and base64 each write in their own way. */
const canary = (prefix: string): string => `${prefix}${randomBytes(30).toString("base64url")}`;

const secrets = {
  apiKey: canary("sk_"),
  keyInFile: canary("sk_"),
  refusedKey: canary("sk_"),
  keyAsFlag: canary("sk_"),
  keyAsCommand: canary("sk_"),
  keyAsSetting: canary("sk_"),
  keyAsVariable: canary("sk_"),
  keyInConfig: canary("sk_"),
  passwordInUrl: canary("pw_"),
  forwardSecret: canary("whsec_"),
  forwardSecretInFile: canary("whsec_"),
};

/** Written here by the test itself, and so no find. */
const planted = ["key", "forward.key", "dirsync.config.yaml", "handlers.mjs"];

test("twelve secrets on every path on which something goes wrong: none comes out", async ({ rig }) => {
  const service = await startEcho();
  const said: string[] = [];
  const run = async (args: readonly string[], environment: Readonly<Record<string, string>> = {}): Promise<void> => {
    const { stdout, stderr } = await rig.run(args, { DIRSYNC_API_KEY: secrets.apiKey, ...environment });
    said.push(stdout, stderr);
  };
  try {
    rig.write("key", secrets.keyInFile, 0o600);
    rig.write("forward.key", secrets.forwardSecretInFile, 0o644);
    rig.write("config/dirsync.config.yaml", `apiKey: ${secrets.keyInConfig}\npoll: ${secrets.keyInConfig}\n`);
    const config = join(rig.folder, "config/dirsync.config.yaml");
    // A state file belongs to one log, and the handlers below follow another.
    const bare = ["tail", "--once", "--stdout", "--base-url", service.url, "--state", "echo.db"];
    await run(["tail", `--api-key=${secrets.keyAsFlag}`]);
    await run([secrets.keyAsCommand]);
    await run(["users", "list", "--limit", secrets.keyAsSetting]);
    await run([...bare, "--poll", secrets.keyAsSetting]);
    await run([...bare, "--from", secrets.keyAsSetting, "--json"]);
    await run(bare, { DIRSYNC_TIMEOUT: secrets.keyAsVariable, DIRSYNC_DURABILITY: secrets.keyAsVariable });
    await run(["tail", "--stdout", "--base-url", `http://me:${secrets.passwordInUrl}@127.0.0.1:9`]);
    await run(["tail", "--forward", `http://me:${secrets.passwordInUrl}@127.0.0.1:9`, "--once"]);
    await run(["tail", "--config", config, "--stdout"]);
    await run(["config", "--config", config]);
    await run(["doctor", "--config", config, "--json"]);
    // The service gives back what it was sent, as pages of proxies do.
    await run([...bare, "--json"], { DIRSYNC_API_KEY: secrets.refusedKey });
    await run(["users", "get", "user_1", "--api-key-file", "key", "--base-url", service.url]);
    await run(["doctor", "--stdout", "--base-url", service.url], { DIRSYNC_API_KEY: secrets.refusedKey });
    await run([...bare, "--forward", "http://127.0.0.1:9", "--forward-secret-file", "forward.key"]);
    await run(["config", "--json", "--forward", "http://127.0.0.1:9"], {
      DIRSYNC_FORWARD_SECRET: secrets.forwardSecret,
    });
    await failInHandlers(rig, said);

    expect(said.join("").length).toBeGreaterThan(2_000);
    const kept = readdirSync(rig.folder, { recursive: true, encoding: "utf8", withFileTypes: true })
      .filter((entry) => entry.isFile() && !planted.includes(entry.name))
      .map((entry) => [entry.name, readFileSync(join(entry.parentPath, entry.name), "latin1")] as const);
    expect(kept.map(([name]) => name)).toEqual(expect.arrayContaining(["tail.db"]));
    const everything = [...kept, ["what was said", said.join("\n")] as const];
    // The twelfth is the rig's own key, which the handlers put everywhere.
    for (const [name, secret] of Object.entries({ ...secrets, keyThatHandlersThrow: rig.key })) {
      const found = everything.filter(([, text]) => formsOf(secret).some((form) => text.includes(form)));
      expect({ name, in: found.map(([place]) => place) }).toEqual({ name, in: [] });
    }
  } finally {
    await service.close();
  }
});

test("an error in a handler that nobody waits for ends the tail with 1, and says so", async ({ rig }) => {
  const source =
    'export default { "*": () => { void Promise.reject(new Error("forgotten " + process.env.DIRSYNC_API_KEY)); } };';
  const exit = await rig.run(["tail", "--isolation", "none", "--handlers", rig.write("handlers.mjs", source)]);
  expect(exit).toMatchObject({ code: 1, stdout: "" });
  expect(exit.stderr).toMatch(/An error that nobody caught ended the process.*forgotten \[redacted\]/s);
});

test("in a process of its own it ends that one, and is in the log without the key", async ({ rig }) => {
  const source =
    'export default { "*": () => void setTimeout(() => { throw new Error("oh " + process.env.DIRSYNC_API_KEY); }) };';
  const flags = ["--handlers", rig.write("handlers.mjs", source), "--hook-env", "DIRSYNC_API_KEY"];
  const tail = rig.start(["tail", ...flags]);
  // Node prints the line of the source first, in which `oh ` stands too.
  expect(await tail.output("stderr", /Error: oh /)).toContain("Error: oh [redacted]");
  tail.mustRun();
  await tail.kill();
});

/** Handlers that put the key into errors, the log and standard error, while the health is asked for. */
async function failInHandlers(rig: Rig, said: string[]): Promise<void> {
  const source = `let count = 0;
    export default { "*": (event, { log }) => {
      const key = process.env.DIRSYNC_API_KEY;
      console.error("key", key, Buffer.from("u:" + key).toString("base64"), encodeURIComponent(key));
      log.warn({ key }, "with " + key);
      count += 1;
      if (count % 2 === 0) throw Object.assign(new Error("no " + key), { verdict: "dead", code: "x", [Symbol.for("@dirsync/error")]: true });
      throw "just " + key;
    } };`;
  const handlers = rig.write("handlers.mjs", source);
  const flags = ["--handlers", handlers, "--hook-env", "DIRSYNC_API_KEY", "--attempts", "2", "--health", "127.0.0.1:0"];
  const tail = rig.start(["tail", ...flags]);
  const text = await tail.output("stderr", /"url":"[^"]+","msg":"answering/);
  const url = /"url":"(http:[^"]+)"/.exec(text)?.[1] ?? "";
  await until(async () => /dead_letters\{sink="handlers"\} [1-9]/.test(await (await fetch(`${url}/metrics`)).text()), {
    what: "a dead letter",
  });
  for (const path of ["/metrics", "/readyz"]) said.push(await (await fetch(url + path)).text());
  const letters = await rig.run(["dead-letters", "list", "--json"]);
  const status = await rig.run(["status"]);
  tail.signal("SIGKILL");
  await tail.gone;
  said.push(letters.stdout, status.stdout, tail.stdout, tail.stderr);
}

/** As it is, and as URLs, JSON, dumps and headers show it. */
function formsOf(secret: string): readonly string[] {
  const base64 = [0, 1, 2].map((offset) => {
    const text = Buffer.concat([Buffer.alloc(offset), Buffer.from(secret)]).toString("base64");
    return text.slice(offset + 1, -4);
  });
  return [secret, encodeURIComponent(secret), Buffer.from(secret).toString("hex"), ...base64];
}

/** Refuses everybody and gives back what it was sent. */
async function startEcho(): Promise<{ url: string; close(): Promise<void> }> {
  const server = createServer((request, response) => {
    const { authorization = "" } = request.headers;
    response.writeHead(401, { "Content-Type": "application/json", "X-Request-Id": authorization });
    response.end(JSON.stringify({ message: `Not authorised: ${authorization} for ${request.url ?? ""}` }));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  const close = (): Promise<void> =>
    new Promise((resolve) => {
      server.close(() => resolve());
      server.closeAllConnections();
    });
  return { url: `http://127.0.0.1:${port}`, close };
}
