/** `dirsync doctor`: what it looks at, what it says, and that it changes nothing. */
import { chmodSync, existsSync, readFileSync, truncateSync } from "node:fs";
import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import Database from "better-sqlite3";
import { describe, expect } from "vitest";
import { expectNothingLost } from "../support/catching-up.ts";
import type { Exit } from "../support/cli-process.ts";
import { test } from "../support/rig.ts";

interface Report {
  readonly ok: boolean;
  readonly exit_code: number;
  readonly checks: readonly { check: string; verdict: string; detail: string; advice: string | null }[];
}

const looked = ["doctor", "--stdout", "--json"] as const;

describe.concurrent("dirsync doctor", () => {
  test("finds nothing to mend where a tail runs well, and changes nothing", async ({ rig }) => {
    await expectNothingLost(rig);
    const tail = rig.start(["tail", "--stdout"]);
    await tail.output("stderr", /"msg":"tailing"/);
    const before = readFileSync(rig.state);
    const exit = await rig.run(looked);
    const report = reportOf(exit);
    expect(report).toMatchObject({ ok: true, exit_code: 0 });
    expect(report.checks.map(({ check, verdict }) => `${check} ${verdict}`)).toEqual(
      expect.arrayContaining([
        "config ok",
        "sinks ok",
        "state.place ok",
        "state.privacy ok",
        "state.content ok",
        "service.url ok",
        "service.key ok",
        "service.clock ok",
        "service.order ok",
        "service.lost_position ok",
      ]),
    );
    expect(readFileSync(rig.state).equals(before)).toBe(true);
    tail.signal("SIGTERM");
    expect((await tail.exit).code).toBe(0);
    await expectNothingLost(rig);
  });

  test("says it in lines for people, with what to do", async ({ rig }) => {
    const exit = await rig.run(["doctor", "--api-key-file", rig.write("key", "sk_x", 0o644)], { DIRSYNC_POL: "1s" });
    expect(exit.code).toBe(78);
    expect(exit.stdout).toMatch(/^FAIL {2}config .*can be read by everybody\. Run: chmod 600/m);
    expect(exit.stdout).toMatch(/^warn {2}variables .*DIRSYNC_POL is no setting\n +→ Did you mean DIRSYNC_POLL\?/m);
    expect(exit.stdout).toMatch(/^warn {2}sinks .*none is configured here/m);
    expect(exit.stdout).toMatch(/\d fine, 2 to look at, 1 to mend, \d skipped\.\n$/);
  });

  test.for<[string, string[], Record<string, string>, number, RegExp]>([
    ["a key that is refused", [], { DIRSYNC_API_KEY: "sk_wrong" }, 77, /service\.key failed .*401/],
    ["no service", ["--base-url", "http://127.0.0.1:9"], {}, 69, /service\.reach failed .*ECONNREFUSED/],
    ["a hook that is not there", ["--exec", "./no.sh"], {}, 78, /config failed .*no\.sh is not an executable/],
    ["a setting that is wrong", ["--poll", "5"], {}, 78, /config failed --poll needs a unit/],
  ])("ends with the code of a tail for %s", async ([, flags, environment, code, pattern], { rig }) => {
    const exit = await rig.run([...looked, ...flags], environment);
    const { exit_code, checks } = reportOf(exit);
    expect([exit.code, exit_code]).toEqual([code, code]);
    expect(checks.map(({ check, verdict, detail }) => `${check} ${verdict} ${detail}`).join("\n")).toMatch(pattern);
  });

  test("finds a state file that is damaged, and one that others can read", async ({ rig }) => {
    await expectNothingLost(rig);
    chmodSync(rig.state, 0o644);
    expect(await find(rig.run(looked), "state.privacy")).toMatchObject({
      verdict: "warning",
      advice: matching(/chmod 600/),
    });
    truncateSync(rig.state, 10_000);
    const before = readFileSync(rig.state);
    const exit = await rig.run(looked);
    expect(exit.code).toBe(74);
    expect(await find(exit, "state.content")).toMatchObject({ verdict: "failed", detail: matching(/damaged/) });
    expect(readFileSync(rig.state).equals(before)).toBe(true);
  });

  test("finds a state file that was lost and is empty, of which a tail says so, too", async ({ rig }) => {
    await expectNothingLost(rig);
    truncateSync(rig.state);
    const found = reportOf(await rig.run(looked)).checks.find(({ check }) => check === "state.content");
    expect(found).toMatchObject({ verdict: "warning", detail: "it is empty, and was in use before" });
    const exit = await rig.run(["tail", "--stdout", "--once"]);
    expect(exit).toMatchObject({ code: 0, stderr: expect.stringContaining("empty although it was in use") as unknown });
    expect((await rig.run(["tail", "--stdout", "--once"])).stderr).not.toContain("empty although");
  });

  test("with --deep finds a mirror that is not what the events come to, and names who differs", async ({ rig }) => {
    const deep = [...looked, "--deep"];
    expect(await find(rig.run(deep), "state.mirror")).toMatchObject({
      verdict: "skipped",
      detail: "not compared: there is no state file yet",
    });
    await expectNothingLost(rig);
    expect(await find(rig.run(deep), "state.mirror")).toMatchObject({
      verdict: "ok",
      detail: matching(/events come to/),
    });
    const database = new Database(rig.state);
    const [id] = database.prepare("SELECT min(id) FROM users").pluck().all();
    database.prepare("UPDATE mirror_user SET body = json_set(body, '$.state', 'x') WHERE id = ?").run(id);
    database.close();
    const exit = await rig.run(deep);
    expect(exit.code).toBe(70);
    expect(await find(exit, "state.mirror")).toMatchObject({
      verdict: "failed",
      detail: matching(new RegExp(`1 of \\d+ things .*user ${String(id)} of directory \\S+ is not as it was told of$`)),
      differences: [{ problem: "other", kind: "user", id }],
    });
    // Whoever does not ask for it does not wait for it.
    expect(await find(rig.run(looked), "state.mirror")).toBeUndefined();
  });

  test("finds a place where no state file can be made", async ({ rig }) => {
    // A file where a folder should be: unlike a folder without permissions, that stops root as well.
    const exit = await rig.run([...looked, "--state", `${rig.write("file", "")}/tail.db`]);
    expect(exit.code).toBe(74);
    expect(await find(exit, "state.place")).toMatchObject({
      verdict: "failed",
      detail: matching(/file\/tail\.db cannot be written/),
      advice: matching(/name another file with --state/),
    });
  });

  test("finds a service whose key goes over the network as it is", async ({ rig }) => {
    // This machine, and no loopback address by its name. Nothing answers there.
    const exit = await rig.run([...looked, "--base-url", "http://0.0.0.0:9"]);
    expect(await find(exit, "service.url")).toMatchObject({ verdict: "warning", advice: matching(/https/) });
    expect(await find(exit, "service.reach")).toMatchObject({ verdict: "failed" });
    expect(exit.code).toBe(69);
  });

  test.skipIf(!existsSync("/dev/shm"))("finds a state file that is gone with the machine", async ({ rig }) => {
    const exit = await rig.run([...looked, "--state", "/dev/shm/dirsync-doctor-makes-nothing.db"]);
    expect(await find(exit, "state.filesystem")).toMatchObject({
      verdict: "warning",
      detail: "tmpfs, mounted at /dev/shm",
    });
    expect(existsSync("/dev/shm/dirsync-doctor-makes-nothing.db")).toBe(false);
  });

  test.for<[string, Stub, string, string, RegExp]>([
    ["a clock that is minutes off", { skewMs: -120_000 }, "service.clock", "warning", /1(19|2\d) s ahead/],
    ["a clock that is hours off", { skewMs: 7_200_000 }, "service.clock", "failed", /-7\d{3} s ahead/],
    [
      "a log that starts again at any position",
      { ignoresCursor: true },
      "service.order",
      "failed",
      /answered with event_1, the one it should follow/,
    ],
    ["a log that passes over an event", { skips: 1 }, "service.order", "failed", /comes event_2, but .* event_3/],
    ["a log in the wrong order", { isDescending: true }, "service.order", "failed", /newest first/],
    [
      "a lost position that is not refused",
      { ignoresUnknown: true },
      "service.lost_position",
      "warning",
      /answered with/,
    ],
    ["a service in order", {}, "service.lost_position", "ok", /refused/],
  ])("finds %s", async ([, stub, check, verdict, detail], { rig }) => {
    const service = await startStub(stub);
    try {
      const exit = await rig.run([...looked, "--base-url", service.url]);
      expect(await find(exit, check)).toMatchObject({ verdict, detail: matching(detail) });
      expect(exit.code).toBe(verdict === "failed" ? 78 : 0);
      expect(service.methods()).toEqual(["GET"]);
    } finally {
      await service.close();
    }
  });
});

function matching(pattern: RegExp): unknown {
  return expect.stringMatching(pattern);
}

function reportOf({ stdout }: Exit): Report {
  return JSON.parse(stdout) as Report;
}

async function find(exit: Exit | Promise<Exit>, check: string): Promise<unknown> {
  return reportOf(await exit).checks.find((finding) => finding.check === check);
}

/** How a service can be wrong. */
interface Stub {
  readonly skewMs?: number;
  readonly ignoresCursor?: boolean;
  readonly ignoresUnknown?: boolean;
  readonly isDescending?: boolean;
  readonly skips?: number;
}

const log = [1, 2, 3, 4].map((number) => ({
  object: "event",
  id: `event_${number}`,
  event: "dsync.user.created",
  created_at: `2026-01-0${number}T00:00:00.000Z`,
  data: {},
}));

async function startStub(stub: Stub): Promise<{ url: string; methods(): readonly string[]; close(): Promise<void> }> {
  const methods = new Set<string>();
  const server = createServer((request, response) => {
    methods.add(request.method ?? "");
    response.setHeader("Date", new Date(Date.now() + (stub.skewMs ?? 0)).toUTCString());
    const after = new URL(request.url ?? "/", "http://stub").searchParams.get("after");
    const index = log.findIndex(({ id }) => id === after);
    if (after !== null && index < 0 && stub.ignoresUnknown !== true && stub.ignoresCursor !== true) {
      send(response, 400, { message: "No such event.", code: "invalid_cursor" });
      return;
    }
    const begin = stub.ignoresCursor === true || index < 0 ? 0 : index + 1 + (stub.skips ?? 0);
    const page = log.slice(begin);
    const data = stub.isDescending === true ? [...page].reverse() : page;
    send(response, 200, { object: "list", data, list_metadata: { before: null, after: null } });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  const close = (): Promise<void> =>
    new Promise((resolve) => {
      server.close(() => resolve());
      server.closeAllConnections();
    });
  return { url: `http://127.0.0.1:${port}`, methods: () => [...methods], close };
}

function send(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { "Content-Type": "application/json" });
  response.end(JSON.stringify(body));
}
