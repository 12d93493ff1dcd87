/** What `dirsync tail` can deliver to, from flags and from a config file. */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import type { DirectoryEvent } from "@dirsync/sdk";
import { receiveNode } from "@dirsync/sdk/webhooks";
import { describe, expect } from "vitest";
import { test } from "../support/rig.ts";
import { until } from "../support/until.ts";

describe.concurrent("--exec-batch", () => {
  test("gives one process several events, one a line", async ({ rig }) => {
    const hook = rig.write("batch.sh", "#!/bin/sh\ncat >> received\n", 0o755);
    expect(await rig.run(["tail", "--once", "--exec-batch", hook])).toMatchObject({ code: 0 });
    const ids = rig.lines("received").map((line) => (JSON.parse(line) as DirectoryEvent).id);
    expect(ids).toEqual(await rig.logged());
  });

  test("gives it as many at once as --run-max says", async ({ rig }) => {
    const hook = rig.write("batch.sh", '#!/bin/sh\ncat > /dev/null\necho "$DIRSYNC_BATCH_SIZE" >> sizes\n', 0o755);
    expect(await rig.run(["tail", "--once", "--exec-batch", hook, "--run-max", "4"])).toMatchObject({ code: 0 });
    expect(rig.lines("sizes")).toEqual(["4", "2"]);
  });
});

describe.concurrent("--shell", () => {
  test("runs a command as a script; nothing of an event becomes part of it", async ({ rig }) => {
    const script = 'cat | wc -l > /dev/null && echo "$DIRSYNC_EVENT_ID" >> ids';
    expect(await rig.run(["tail", "--once", "--shell", "--exec", script])).toMatchObject({ code: 0 });
    expect(rig.lines("ids")).toEqual(await rig.logged());
  });
});

describe.concurrent("--lane", () => {
  test("of each sink says who waits for whom: one person's event that hangs holds up that person, or everybody", async ({
    rig,
  }) => {
    const script = [
      "#!/bin/sh",
      '[ "$DIRSYNC_EVENT_SEQ" = 2 ] && while [ ! -e released ]; do sleep 0.02; done',
      'echo "$DIRSYNC_EVENT_ID" >> "$1"',
    ];
    rig.write("hook.sh", `${script.join("\n")}\n`, 0o755);
    const sinks = ["everybody: { exec: ./hook.sh everybody }", "each: { exec: ./hook.sh each, lane: user }"];
    rig.write("dirsync.config.yaml", `sinks:\n  ${sinks.join("\n  ")}\n`);
    const tail = rig.start(["tail", "--once"]);
    await until(() => rig.lines("each").length === 5, { what: "the events of the other people" });
    const [first, second, ...others] = await rig.logged();
    expect(rig.lines("everybody")).toEqual([first]);
    expect(new Set(rig.lines("each"))).toEqual(new Set([first, ...others]));
    rig.write("released", "");
    expect(await tail.exit).toMatchObject({ code: 0 });
    expect(rig.lines("everybody")).toEqual([first, second, ...others]);
    expect(rig.lines("each").at(-1)).toBe(second);
  });
});

describe.concurrent("--backlog-max and --backlog-bytes-max", () => {
  test("hold reading back while a sink is so far behind, and it goes on with the sink", async ({ rig }) => {
    await rig.company.hire(150);
    const script = ["#!/bin/sh", "while [ ! -e released ]; do sleep 0.02; done", "cat >> received"];
    const hook = rig.write("hook.sh", `${script.join("\n")}\n`, 0o755);
    const limits = ["--backlog-max", "100", "--backlog-bytes-max", "1MiB"];
    const tail = rig.start(["tail", "--once", "--exec-batch", hook, ...limits]);
    const said = await tail.output("stderr", /reading waits for it/);
    expect(said).toMatch(/"backlog_max":100,"backlog_bytes_max":1048576/);
    const behind = await rig.run(["status", "--json"]);
    expect(JSON.parse(behind.stdout)).toMatchObject({ head_seq: 100, running: true, sinks: [{ pending: 100 }] });
    expect((await rig.run(["status"])).stdout).toMatch(/^running +yes, pid \d+$/m);
    rig.write("released", "");
    expect(await tail.exit).toMatchObject({ code: 0 });
    expect((await rig.run(["status"])).stdout).toMatch(/^running +no; the last was pid \d+$/m);
    const ids = rig.lines("received").map((line) => (JSON.parse(line) as DirectoryEvent).id);
    expect(ids).toEqual(await rig.logged());
  });
});

describe.concurrent("--events, --directory and --where", () => {
  test("decide for each sink what it gets; the rest counts as finished", async ({ rig }) => {
    const log = await rig.company.log();
    const [directory, chosen] = [log[0]?.data["id"], log[3]];
    const email = String(chosen?.data["email"]);
    rig.write("take.sh", '#!/bin/sh\necho "$DIRSYNC_EVENT_ID" >> "$1"\n', 0o755);
    const sinks = [
      "people: { exec: ./take.sh people, events: dsync.user.* }",
      `here: { exec: ./take.sh here, directory: ${String(directory)} }`,
      "elsewhere: { exec: ./take.sh elsewhere, directory: directory_none }",
      `one: { exec: ./take.sh one, where: "data.email=${email} and event~dsync.user.*" }`,
      "all: { exec: ./take.sh all }",
    ];
    rig.write("dirsync.config.yaml", `sinks:\n  ${sinks.join("\n  ")}\n`);
    expect(await rig.run(["tail", "--once"])).toMatchObject({ code: 0 });
    const ids = log.map(({ id }) => id);
    expect({
      all: rig.lines("all"),
      people: rig.lines("people"),
      here: rig.lines("here"),
      elsewhere: rig.lines("elsewhere"),
      one: rig.lines("one"),
    }).toEqual({ all: ids, people: ids.slice(1), here: ids, elsewhere: [], one: [chosen?.id] });
    const { sinks: marks } = JSON.parse((await rig.run(["status", "--json"])).stdout) as { sinks: unknown };
    expect(marks).toEqual(
      ["all", "elsewhere", "here", "one", "people"].map(
        (name) => expect.objectContaining({ name, pending: 0, low_seq: 6 }) as unknown,
      ),
    );
  });

  test.for([
    ["--events", "dsync user", /--events has a part that is no event name, nor a pattern such as dsync.user/],
    ["--where", "data.state", /--where cannot be understood at «data.state»/],
  ] as const)("a mistake in %s is told before anything is read", async ([flag, value, message], { rig }) => {
    const exit = await rig.run(["tail", "--stdout", flag, value]);
    expect(exit).toMatchObject({ code: 2, stdout: "" });
    expect(exit.stderr).toMatch(message);
    expect(rig.proxy.arrivals).toEqual([]);
  });
});

describe.concurrent("--forward", () => {
  const secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

  test.for([
    ["the variable", { DIRSYNC_FORWARD_SECRET: secret }, []],
    ["a file", {}, ["--forward-secret-file", "forward.key"]],
  ] as const)("sends each event, signed with the secret in %s", async ([, environment, flags], { rig }) => {
    const receiver = await startReceiver(secret);
    try {
      rig.write("forward.key", secret, 0o600);
      const exit = await rig.run(["tail", "--once", "--forward", `app=${receiver.url}`, ...flags], environment);
      expect({ code: exit.code, stderr: exit.code === 0 ? "" : exit.stderr }).toEqual({ code: 0, stderr: "" });
      expect(receiver.events().map(({ id }) => id)).toEqual(await rig.logged());
      expect(receiver.events()).toEqual(await rig.company.log());
      expect(exit.stderr).not.toContain(secret);
    } finally {
      await receiver.close();
    }
  });

  test("to two receivers from a file, each with a secret of its own", async ({ rig }) => {
    const first = await startReceiver("first_secret_0123456789");
    const second = await startReceiver("second_secret_0123456789");
    try {
      rig.write("first.key", "first_secret_0123456789", 0o600);
      rig.write("second.key", "second_secret_0123456789", 0o600);
      const lines = [
        "forwardSecretFile: ./first.key",
        "sinks:",
        `  one: { forward: "${first.url}" }`,
        `  two: { forward: "${second.url}", forwardSecretFile: ./second.key }`,
      ];
      rig.write("dirsync.config.yaml", lines.join("\n"));
      expect(await rig.run(["tail", "--once"])).toMatchObject({ code: 0 });
      expect(first.events().map(({ id }) => id)).toEqual(await rig.logged());
      expect(second.events()).toEqual(first.events());
    } finally {
      await Promise.all([first.close(), second.close()]);
    }
  });

  test.for<[string, string[], Record<string, string>, RegExp]>([
    ["without a secret", ["--forward", "http://127.0.0.1:9"], {}, /there is no secret\. Set DIRSYNC_FORWARD_SECRET/],
    [
      "without TLS",
      ["--forward", "http://example.com"],
      { DIRSYNC_FORWARD_SECRET: secret },
      /without TLS.*--insecure-forward-http/,
    ],
    [
      "inside the network",
      ["--forward", "https://10.0.0.1"],
      { DIRSYNC_FORWARD_SECRET: secret },
      /10\.0\.0\.1.*--forward-allow/,
    ],
  ])("is refused %s, before anything is asked", async ([, flags, environment, message], { rig }) => {
    const exit = await rig.run(["tail", "--once", ...flags], environment);
    expect(exit).toMatchObject({ code: 78, stdout: "" });
    expect(exit.stderr).toMatch(message);
    expect(rig.proxy.arrivals).toEqual([]);
  });
});

async function startReceiver(
  secret: string,
): Promise<{ url: string; events(): readonly DirectoryEvent[]; close(): Promise<void> }> {
  const events: DirectoryEvent[] = [];
  const server = createServer((request, response) => {
    void receiveNode(request, { secret }).then(
      (event) => {
        events.push(event);
        response.writeHead(204).end();
      },
      () => response.writeHead(400).end(),
    );
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  const close = (): Promise<void> =>
    new Promise((resolve) => {
      server.close(() => resolve());
      server.closeAllConnections();
    });
  return { url: `http://127.0.0.1:${port}/hook`, events: () => events, close };
}
