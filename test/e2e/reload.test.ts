/** SIGHUP: the configuration, the handlers and the key are read again while the tail runs. */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { describe, expect } from "vitest";
import type { CliProcess } from "../support/cli-process.ts";
import { type Rig, test } from "../support/rig.ts";
import { until } from "../support/until.ts";

describe.concurrent("SIGHUP", () => {
  test("takes new handlers and a new sink; each event is handled once, in order", async ({ rig }) => {
    writeHandlers(rig, "first");
    const config = rig.write("dirsync.config.yaml", "poll: 20ms\nsinks: { app: { handlers: ./handlers.ts } }");
    const tail = rig.start(["tail", "--json"]);
    await until(() => rig.lines("first").length === 6, { what: "the first handlers" });

    writeHandlers(rig, "second");
    const hook = rig.write("hook.sh", '#!/bin/sh\necho "$DIRSYNC_EVENT_ID" >> hooked\n', 0o755);
    rig.write(
      "dirsync.config.yaml",
      `poll: 20ms\nsinks: { app: { handlers: ./handlers.ts }, audit: { exec: ${hook} } }`,
    );
    tail.signal("SIGHUP");
    await tail.output("stderr", /taking the new configuration/);
    await rig.company.hire(2);
    await until(() => rig.lines("hooked").length === 8, { what: "the new sink" });
    await until(() => rig.lines("second").length === 2, { what: "the second handlers" });

    const log = await rig.logged();
    expect([...rig.lines("first"), ...rig.lines("second")]).toEqual(log);
    expect(rig.lines("hooked")).toEqual(log);
    expect(config).toContain("dirsync.config.yaml");
    const { stdout } = await end(tail);
    expect(JSON.parse(stdout)).toMatchObject({
      received: 8,
      sinks: [
        { name: "app", delivered: 8 },
        { name: "audit", delivered: 8 },
      ],
    });
  });

  test("while the handlers are still being loaded ends nothing, and has them loaded again", async ({ rig }) => {
    const load = (name: string) => `import { appendFileSync, existsSync } from "node:fs";
appendFileSync("loading", "${name}\\n");
while (!existsSync("go")) await new Promise((resolve) => setTimeout(resolve, 20));
export default { "*": () => appendFileSync("${name}", "handled\\n") };
`;
    rig.write("handlers.ts", load("first"));
    const tail = rig.start(["tail", "--handlers", "./handlers.ts"]);
    await until(() => rig.lines("loading").length === 1, { what: "the first handlers", check: () => tail.mustRun() });
    rig.write("handlers.ts", load("second"));
    tail.signal("SIGHUP");
    await rig.company.hire(1);
    rig.write("go", "");
    await tail.output("stderr", /taking the new configuration/);
    await rig.company.hire(1);
    await until(() => rig.lines("second").length > 0, { what: "the second handlers", check: () => tail.mustRun() });
    await end(tail);
  });

  test("lets what is in flight end first", async ({ rig }) => {
    const slow = '#!/bin/sh\necho "$DIRSYNC_EVENT_ID" >> begun\nsleep 0.2\necho "$DIRSYNC_EVENT_ID" >> done\n';
    rig.write("slow.sh", slow, 0o755);
    rig.write("dirsync.config.yaml", "sinks: { hook: { exec: ./slow.sh } }");
    const tail = rig.start(["tail"]);
    for (const count of [1, 3]) {
      await until(() => rig.lines("begun").length >= count, { what: "a hook" });
      tail.signal("SIGHUP");
    }
    await until(() => rig.lines("done").length === 6, { what: "all hooks" });
    await end(tail);
    expect(rig.lines("begun")).toEqual(await rig.logged());
    expect(rig.lines("done")).toEqual(rig.lines("begun"));
  });

  test.for<[string, (rig: Rig) => void, RegExp]>([
    ["a mistake in the file", (rig) => writeConfig(rig, "poll: 5"), /poll needs a unit/],
    ["a file that is no YAML", (rig) => writeConfig(rig, "poll: ["), /dirsync\.config\.yaml:\d+: /],
    ["handlers that throw when loaded", (rig) => rig.write("handlers.ts", "throw new Error('oh')"), /Cannot load .*oh/],
    [
      "a state file that is another",
      (rig) => writeConfig(rig, "state: ./other.db"),
      /state cannot change while it runs/,
    ],
    ["a service that is another", (rig) => writeConfig(rig, "baseUrl: http://127.0.0.1:9"), /baseUrl cannot change/],
    ["an API key that is gone", (rig) => rig.write("key", "", 0o600), /apiKeyFile: .*key is empty/],
  ])("with %s keeps the old configuration and says why", async ([, change, reason], { rig }) => {
    rig.write("key", rig.key, 0o600);
    writeHandlers(rig, "handled");
    writeConfig(rig, "");
    const bare = { DIRSYNC_STATE: "", DIRSYNC_BASE_URL: "" };
    const tail = rig.startWithoutKey(["tail"], bare);
    await until(() => rig.lines("handled").length === 6, { what: "the handlers" });
    change(rig);
    tail.signal("SIGHUP");
    expect(await tail.output("stderr", /the new configuration was not taken; the old one goes on/)).toMatch(reason);
    await rig.company.hire(1);
    await until(() => rig.lines("handled").length === 7, { what: "the old handlers" });
    const status = await rig.runWithoutKey(["status", "--no-config"]);
    expect(status.stdout).toMatch(/^note .*the newest configuration was not taken.*the one before it is at work/m);
    expect(status.stdout).toMatch(reason);
    await end(tail);
    rig.write("key", "gone");
  });

  test("has a sink that halted beside others go on, which `dirsync status` tells until then", async ({ rig }) => {
    const hook = rig.write("hook.sh", "#!/bin/sh\nexit 78\n", 0o755);
    writeHandlers(rig, "handled");
    const tail = rig.start(["tail", "--handlers", "handlers.ts", "--exec", `hook=${hook}`]);
    await tail.output("stderr", /sink halted/);
    // Nothing waits for the note.
    const isTold = async (): Promise<boolean> =>
      /^note .*sink hook has halted and takes no more events until .*reloaded/m.test(
        (await rig.run(["status"])).stdout,
      );
    await until(isTold, { what: "the note of the sink that halted" });
    await until(() => rig.lines("handled").length === 6, { what: "the other sink" });
    rig.write("hook.sh", '#!/bin/sh\necho "$DIRSYNC_EVENT_ID" >> hooked\n', 0o755);
    tail.signal("SIGHUP");
    await until(() => rig.lines("hooked").length === 6, { what: "the sink that had halted" });
    expect((await rig.run(["status"])).stdout).not.toMatch(/^note /m);
    await end(tail);
  });

  test("takes a new API key from its file, and goes back to the old one when the service refuses it", async ({
    rig,
  }) => {
    const service = await startKeyedService(["sk_first_key", "sk_second_key"]);
    try {
      rig.write("key", "sk_first_key", 0o600);
      const flags = ["--api-key-file", "key", "--base-url", service.url, "--poll", "50ms"];
      const tail = rig.startWithoutKey(["tail", "--stdout", ...flags]);
      await until(() => service.asked("sk_first_key") > 0, { what: "the first key" });
      rig.write("key", "sk_second_key", 0o600);
      tail.signal("SIGHUP");
      await until(() => service.asked("sk_second_key") > 0, { what: "the second key" });
      rig.write("key", "sk_wrong_key", 0o600);
      tail.signal("SIGHUP");
      expect(await tail.output("stderr", /going back to the old one/)).toMatch(/refuses the new configuration/);
      const before = service.asked("sk_second_key");
      await until(() => service.asked("sk_second_key") > before, { what: "the second key again" });
      await end(tail);
    } finally {
      await service.close();
    }
  });
});

describe.concurrent("an API key in a file", () => {
  test("that was replaced is read again once the old one is refused, without a signal", async ({ rig }) => {
    const keys = ["sk_first_key"];
    const service = await startKeyedService(keys);
    try {
      rig.write("key", "sk_first_key", 0o600);
      const flags = ["--api-key-file", "key", "--base-url", service.url, "--poll", "50ms"];
      const tail = rig.startWithoutKey(["tail", "--stdout", ...flags]);
      await until(() => service.asked("sk_first_key") > 0, { what: "the first key" });
      rig.write("key", "sk_second_key", 0o600);
      keys.splice(0, 1, "sk_second_key");
      await until(() => service.asked("sk_second_key") > 1, { what: "the second key" });
      await end(tail);
      // Not one refusal was waited out: the request that met it was sent again with the new key.
      expect(tail.stderr).not.toMatch(/cannot read the log/);
    } finally {
      await service.close();
    }
  });

  test("that is refused is waited for although a SIGHUP comes meanwhile, and the right one goes on", async ({
    rig,
  }) => {
    const keys = ["sk_first_key"];
    const service = await startKeyedService(keys);
    try {
      rig.write("key", "sk_first_key", 0o600);
      const flags = ["--api-key-file", "key", "--base-url", service.url, "--poll", "50ms"];
      const tail = rig.startWithoutKey(["tail", "--stdout", ...flags]);
      await until(() => service.asked("sk_first_key") > 1, { what: "the first key" });
      keys.splice(0, 1);
      await tail.output("stderr", /cannot read the log/);
      tail.signal("SIGHUP");
      // Neither the configuration that was read again nor the one before it is to blame.
      await tail.output("stderr", /going back to the old one[^]*cannot read the log/);
      keys.push("sk_second_key");
      rig.write("key", "sk_second_key", 0o600);
      await until(() => service.asked("sk_second_key") > 1, { what: "the second key", check: () => tail.mustRun() });
      await end(tail);
    } finally {
      await service.close();
    }
  });

  test("(control) that was not replaced is refused, and told so", async ({ rig }) => {
    const keys = ["sk_first_key"];
    const service = await startKeyedService(keys);
    try {
      rig.write("key", "sk_first_key", 0o600);
      const flags = ["--api-key-file", "key", "--base-url", service.url, "--poll", "50ms"];
      const tail = rig.startWithoutKey(["tail", "--stdout", ...flags]);
      await until(() => service.asked("sk_first_key") > 0, { what: "the first key" });
      keys.splice(0, 1);
      expect(await tail.output("stderr", /cannot read the log/)).toMatch(/401|refused/i);
      await end(tail);
    } finally {
      await service.close();
    }
  });
});

describe.concurrent("systemd", () => {
  const note = '#!/bin/sh\necho "$NOTIFY_SOCKET $*" >> told\nenv >> environment\n';

  test("is told when the tail is ready, stops, and that it is alive", async ({ rig }) => {
    rig.write("bin/systemd-notify", note, 0o755);
    const environment = {
      PATH: `${rig.folder}/bin:${process.env["PATH"] ?? ""}`,
      NOTIFY_SOCKET: "/run/notify",
      WATCHDOG_USEC: "100000",
    };
    const tail = rig.start(["tail", "--stdout"], environment);
    const told = (word: string): number => rig.lines("told").filter((line) => line.includes(word)).length;
    await until(() => told("WATCHDOG=1") >= 3, { what: "three signs of life" });
    expect(rig.lines("told")[0]).toBe(`/run/notify READY=1 STATUS=Following ${rig.proxy.url}`);
    tail.signal("SIGHUP");
    await until(() => told("READY=1") === 2, { what: "the reload" });
    await end(tail);
    await until(() => told("STOPPING=1") === 1, { what: "the stop" });
    expect(told("Reading the configuration again")).toBe(1);
    expect(rig.lines("environment").filter((line) => line.includes(rig.key))).toEqual([]);
  });

  test("that cannot be told is no reason not to deliver", async ({ rig }) => {
    rig.write("bin/systemd-notify", "#!/bin/sh\nexit 1\n", 0o755);
    const environment = { PATH: `${rig.folder}/bin:${process.env["PATH"] ?? ""}`, NOTIFY_SOCKET: "/run/notify" };
    const exit = await rig.run(["tail", "--once", "--stdout"], environment);
    expect(exit.code).toBe(0);
    expect(rig.delivered()).toEqual(await rig.logged());
    expect(exit.stderr).toMatch(/cannot tell systemd how we are/);
  });
});

function writeHandlers(rig: Rig, file: string): void {
  // In a module of its own: what a handler imports has to be read again as well.
  rig.write(
    "note.ts",
    `import { appendFileSync } from "node:fs";
export const note = (id: string): void => appendFileSync("${file}", id + "\\n");`,
  );
  rig.write(
    "handlers.ts",
    `import { note } from "./note.js";
export default { "*": ({ id }: { id: string }): void => note(id) };`,
  );
}

function writeConfig(rig: Rig, line: string): void {
  const base = line.startsWith("baseUrl") ? "" : `baseUrl: ${rig.proxy.url}\n`;
  const rest = "sinks: { app: { handlers: ./handlers.ts } }";
  const state = line.startsWith("state") ? "" : "state: ./tail.db\n";
  const poll = line.startsWith("poll") ? "" : "poll: 20ms\n";
  rig.write("dirsync.config.yaml", `${base}${state}${poll}apiKeyFile: ./key\n${line}\n${rest}`);
}

async function end(tail: CliProcess): Promise<{ stdout: string }> {
  tail.signal("SIGTERM");
  const exit = await tail.exit;
  expect({ code: exit.code, stderr: exit.code === 0 ? "" : exit.stderr }).toEqual({ code: 0, stderr: "" });
  return exit;
}

interface KeyedService {
  readonly url: string;
  /** How often a key has been used. */
  asked(key: string): number;
  close(): Promise<void>;
}

/** An empty log for whoever has one of these keys. */
async function startKeyedService(keys: readonly string[]): Promise<KeyedService> {
  const used: string[] = [];
  const server = createServer((request, response) => {
    const key = (request.headers.authorization ?? "").replace("Bearer ", "");
    used.push(key);
    response.writeHead(keys.includes(key) ? 200 : 401, { "Content-Type": "application/json" });
    const list = { object: "list", data: [], list_metadata: { after: null, before: null } };
    response.end(JSON.stringify(keys.includes(key) ? list : { message: "Unauthorized" }));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    asked: (key) => used.filter((other) => other === key).length,
    close: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
