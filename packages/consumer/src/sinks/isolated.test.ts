/** Whatever handlers do, only their own process suffers. */
import { randomUUID } from "node:crypto";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type Runtime, silentLogger, systemRuntime } from "@dirsync/sdk";
import { beforeAll, describe, expect, onTestFinished, test } from "vitest";
import type { EffectRecord } from "../effect-record.ts";
import { buildScript } from "../fixtures/children.ts";
import { makeEvent } from "../fixtures/events.ts";
import { linesOf, runningWith } from "../fixtures/processes.ts";
import { temporaryFolder } from "../fixtures/state-file.ts";
import type { Attempt } from "../model.ts";
import { attemptOf, cutOff } from "./conformance.ts";
import { isolatedSink } from "./isolated.ts";

let host: string;
beforeAll(async () => {
  host = await buildScript("handler-host");
});

interface Rig {
  readonly folder: string;
  readonly instanceId: string;
  /** What went into the log: level, fields and message. */
  readonly logged: readonly (readonly [string, Record<string, unknown>, string])[];
  deliver(number: number, signal?: AbortSignal, given?: Partial<Attempt>): Promise<void>;
  /** Lets this much time have passed, for the sink. */
  advance(ms: number): void;
}

/** A sink whose one handler has this body; `event`, `context`, `say` and `folder` are there for it. */
function rig(body: string, given: { readonly environment?: Record<string, string>; readonly top?: string } = {}): Rig {
  const folder = temporaryFolder();
  const instanceId = randomUUID();
  const module = `
import { appendFileSync, existsSync } from "node:fs";
const folder = ${JSON.stringify(folder)};
const say = (what) => appendFileSync(folder + "/said", what + "\\n");
${given.top ?? ""}
export default { "*": async (event, context) => { ${body} } };`;
  writeFileSync(join(folder, "handlers.mjs"), module);
  const logged: [string, Record<string, unknown>, string][] = [];
  const note =
    (level: string) =>
    (fields: object, message: string): void =>
      void logged.push([level, { ...fields }, message]);
  const log = { ...silentLogger, debug: note("debug"), info: note("info"), warn: note("warn"), error: note("error") };
  let aheadMs = 0;
  const runtime: Runtime = { ...systemRuntime, now: () => systemRuntime.now() + aheadMs, log };
  const command = [process.execPath, host, join(folder, "handlers.mjs")] as const;
  const environment = given.environment ?? {};
  const sink = isolatedSink({ command, environment, instanceId, killGraceMs: 300, runtime });
  onTestFinished(async () => {
    await sink.close?.();
    expect(runningWith(`DIRSYNC_JOURNAL=${instanceId}`)).toEqual([]);
  });
  const deliver = (number: number, signal?: AbortSignal, given: Partial<Attempt> = {}): Promise<void> => {
    const delivering = sink.deliver(makeEvent(number), { ...attemptOf(number, signal), ...given });
    delivering.catch(() => undefined);
    return delivering;
  };
  return { folder, instanceId, logged, deliver, advance: (ms) => void (aheadMs += ms) };
}

const once = 'if (!existsSync(folder + "/died")) { appendFileSync(folder + "/died", "x");';

describe("a handler", () => {
  test("gets the event, its try and a log", async () => {
    const { deliver, folder, logged } = rig(`
      say(JSON.stringify([event.id, context.attempt.number, context.attempt.seq, context.attempt.lane, context.signal.aborted]));
      context.log.warn({ event_id: event.id }, "look at this");`);
    await deliver(7);
    expect(await linesOf(join(folder, "said"))).toEqual(['["event_000007",1,7,"directory:d1",false]']);
    expect(logged).toEqual([["warn", { event_id: "event_000007" }, "look at this"]]);
  });

  test.each([
    ["any error", 'throw new RangeError("too many");', { verdict: "retry", code: "RangeError", message: "too many" }],
    ["no error at all", 'throw "no";', { verdict: "retry", code: "unknown", message: "no" }],
    [
      "one that gives the event up",
      'throw Object.assign(new Error("bad"), { [Symbol.for("@dirsync/error")]: true, code: "bad_data", verdict: "dead" });',
      { verdict: "dead", code: "bad_data", message: "bad" },
    ],
    [
      "one that asks for time",
      'throw Object.assign(new Error("later"), { [Symbol.for("@dirsync/error")]: true, code: "busy", verdict: "retry", retryAfterMs: 9000 });',
      { verdict: "retry", code: "busy", retryAfterMs: 9_000 },
    ],
  ])("that throws %s is told as in this process", async (_name, body, expected) => {
    await expect(rig(body).deliver(1)).rejects.toMatchObject({ name: "SinkError", ...expected });
  });

  test("has no variables but those it is given", async () => {
    const body = "say(Object.keys(process.env).sort().join());";
    const { deliver, folder } = rig(body, { environment: { DATABASE_URL: "x" } });
    await deliver(1);
    expect(await linesOf(join(folder, "said"))).toEqual(["DATABASE_URL,DIRSYNC_JOURNAL,DIRSYNC_PROCESS"]);
  });

  test("may print: that goes to the log and is no answer", async () => {
    const { deliver, logged } = rig('console.log(\'{"ack":"event_000002"}\'); console.error("oh");');
    await deliver(1);
    await expect
      .poll(() => new Set(logged.map(([, { line }]) => line)))
      .toEqual(new Set(["oh", '{"ack":"event_000002"}']));
  });

  test("may log what cannot be sent: the line is there, without it", async () => {
    const { deliver, logged } = rig(`
      const round = {}; round.round = round; context.log.info(round, "round");
      context.log.info({ text: "x".repeat(100_000) }, "long");
      context.log.info({ id: 1n }, "big");`);
    await deliver(1);
    expect(logged.map(([, fields, message]) => [fields, message])).toEqual([
      [{ left_out: "what is no JSON" }, "round"],
      [{ left_out: "100011 characters" }, "long"],
      [{ left_out: "what is no JSON" }, "big"],
    ]);
  });

  test("stops when its signal is aborted: its process goes on, and so do the others in it", async () => {
    const { deliver, folder } = rig(`
      say("pid " + process.pid);
      if (event.id === "event_000001") await new Promise((_, reject) => context.signal.addEventListener("abort", () => {
        say("told " + context.signal.reason.code);
        reject(context.signal.reason);
      }));`);
    const cut = new AbortController();
    const delivering = deliver(1, cut.signal);
    await linesOf(join(folder, "said"));
    cut.abort(cutOff());
    await expect(delivering).rejects.toMatchObject({ verdict: "retry", code: "sink_timeout" });
    await deliver(2);
    const [first, told, second] = await linesOf(join(folder, "said"), 3);
    expect(told).toBe("told sink_timeout");
    expect(second).toBe(first);
  });
});

/** A record of side effects in memory, with what was asked of it. */
function effectsInMemory(): EffectRecord & { readonly asked: string[] } {
  const [asked, kept]: [string[], Set<string>] = [[], new Set()];
  return {
    asked,
    has: async (name, key) => (asked.push(`has ${name} ${key}`), kept.has(`${name} ${key}`)),
    note: async (name, key) => void (asked.push(`note ${name} ${key}`), kept.add(`${name} ${key}`)),
  };
}

describe("a side effect", () => {
  const mail = 'say(String(await context.effect("mail", "ada", () => { say("sent"); return "done"; })));';

  test("is had once, as the record on this side knows", async () => {
    const { deliver, folder } = rig(mail);
    const effects = effectsInMemory();
    await deliver(1, undefined, { effects });
    await deliver(2, undefined, { effects, replay: true });
    expect(await linesOf(join(folder, "said"), 3)).toEqual(["sent", "done", "undefined"]);
    expect(effects.asked).toEqual(["has mail ada", "note mail ada", "has mail ada"]);
  });

  test("is told to be a replay", async () => {
    const { deliver, folder } = rig("say(String(context.replay));");
    await deliver(1);
    await deliver(2, undefined, { replay: true });
    expect(await linesOf(join(folder, "said"), 2)).toEqual(["false", "true"]);
  });

  test("is not had where the record cannot be asked, and the try fails with the record's reason", async () => {
    const { deliver, folder } = rig(mail);
    const broken = { has: () => Promise.reject(new Error("disk full")), note: () => Promise.resolve() };
    await expect(deliver(1, undefined, { effects: broken })).rejects.toThrow("disk full");
    expect(existsSync(join(folder, "said"))).toBe(false);
  });

  test("is not had where there is no record, and the sink halts", async () => {
    const expected = { verdict: "halt", code: "effects_unknown" };
    await expect(rig(mail).deliver(1)).rejects.toMatchObject(expected);
  });

  test("of a handler that did not wait for it is refused", async () => {
    const { deliver, folder } = rig(`
      setTimeout(() => void context.effect("mail", "late", () => say("sent")).catch((error) => say(error.code)), 50);`);
    await deliver(1, undefined, { effects: effectsInMemory() });
    expect(await linesOf(join(folder, "said"))).toEqual(["effect_late"]);
  });

  test("has a name and a key of a length that can be kept", async () => {
    const { deliver } = rig('await context.effect("mail", "x".repeat(5000), () => {});');
    await expect(deliver(1, undefined, { effects: effectsInMemory() })).rejects.toThrow("4096 characters at most");
  });
});

describe("a handler that", () => {
  test.each([
    ["ends the process", "process.exit(0);", /exited with 0/],
    ["ends it in a way that cannot be caught", "process.abort();", /was ended by SIGABRT/],
    [
      "leaves a promise alone that fails",
      'Promise.reject(new Error("stray")); await new Promise(() => {});',
      /exited with 1/,
    ],
    [
      "throws in a callback",
      'setTimeout(() => { throw new Error("late"); }); await new Promise(() => {});',
      /exited with 1/,
    ],
    [
      "uses up its memory",
      'const all = []; for (;;) all.push(new Array(1e6).fill("x" + all.length));',
      /was ended by SIG(?:ABRT|KILL|TRAP)/,
    ],
  ])("%s: only the try fails, with an unknown effect, and the next one goes on", async (_name, body, message) => {
    const { deliver, folder } = rig(`${once} ${body} } say("done");`, {
      environment: { NODE_OPTIONS: "--max-old-space-size=64" },
    });
    const delivering = deliver(1);
    await expect(delivering).rejects.toMatchObject({ verdict: "retry", code: "pipe_ended" });
    await expect(delivering).rejects.toThrow(message);
    await deliver(1);
    expect(readFileSync(join(folder, "said"), "utf8")).toBe("done\n");
  });

  test("loops for ever is ended when its time is up, and it is said that it blocked its process", async () => {
    const { deliver, folder, advance } = rig(`${once} while (true); } say("done");`);
    const cut = new AbortController();
    const delivering = deliver(1, cut.signal);
    await expect.poll(() => existsSync(join(folder, "died"))).toBe(true);
    advance(4_000);
    cut.abort(cutOff());
    await expect(delivering).rejects.toMatchObject({ verdict: "retry", code: "sink_timeout" });
    await expect(delivering).rejects.toThrow(
      /has been blocked for \d s while it had event_000001; it was ended by SIG/,
    );
    await deliver(1);
    expect(readFileSync(join(folder, "said"), "utf8")).toBe("done\n");
  });

  test("ignores its signal is ended with its process, after the grace", async () => {
    const { deliver, folder } = rig(`${once} await new Promise((resolve) => setTimeout(resolve, 60_000)); }`);
    const cut = new AbortController();
    const delivering = deliver(1, cut.signal);
    await expect.poll(() => existsSync(join(folder, "died"))).toBe(true);
    cut.abort(cutOff());
    await expect(delivering).rejects.toMatchObject({ verdict: "retry", code: "sink_timeout" });
    await expect(delivering).rejects.toThrow("went on with event_000001 although it was told to stop");
  });

  test("leaves timers and sockets open does not keep the process when the sink is closed", async () => {
    const { deliver } = rig("setInterval(() => {}, 1000);");
    await expect(deliver(1)).resolves.toBeUndefined();
  });
});

test("a module that does not load: no try is begun, and the reason is told", async () => {
  const { deliver } = rig("", { top: 'throw new Error("no database");' });
  await expect(deliver(1)).rejects.toMatchObject({ verdict: "retry", code: "not_begun" });
  await expect(deliver(2)).rejects.toThrow("no database");
});
