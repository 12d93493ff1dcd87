/** Pages of the log that are half, wrong, or from another log. */
import { describe, expect } from "vitest";
import { expectNothingLost, expectToFollow, onceToStdout, positionOf } from "../../support/catching-up.ts";
import { type Fault, halves, type Page, rewritten } from "../../support/fault-proxy.ts";
import { type Rig, test } from "../../support/rig.ts";

const withoutId: Fault = rewritten((page) => changed(page, 1, { id: undefined }));

describe.concurrent("of a page that is not whole nothing is taken", () => {
  test.for<[string, readonly [string, Fault, RegExp][]]>([
    ["half an answer", Object.entries(halves).map(([name, fault]) => [name, fault, /connection ended/])],
    ["an answer that is not a page of events", [["no list at all", rewritten(() => ({ object: "list" })), /data/]]],
  ])("--once: %s", async ([, faults], { rig }) => {
    await expectNothingLost(rig);
    const before = await positionOf(rig);
    await rig.company.hire(3);
    for (const [name, fault, message] of faults) {
      rig.proxy.fault = fault;
      const { code, stdout, stderr } = await rig.run(onceToStdout);
      expect({ name, code, stdout }).toEqual({ name, code: 69, stdout: "" });
      expect(stderr).toMatch(message);
      expect(await positionOf(rig)).toEqual(before);
    }
    rig.proxy.fault = null;
    await expectNothingLost(rig);
  });

  test.for<[string, Fault, number]>([
    ["an event without an id", withoutId, 2],
    ["an event whose id is no text", rewritten((page) => changed(page, 1, { id: 7 })), 2],
    ["an event that is no object", rewritten(({ data, ...page }) => ({ ...page, data: [...data, "x"] })), 3],
  ])("--once: %s is put aside, told about, and keeps nothing else up", async ([, fault, good], { rig }) => {
    await expectNothingLost(rig);
    await rig.company.hire(3);
    rig.proxy.fault = fault;
    const exit = await rig.run(onceToStdout);
    expect(exit.code).toBe(0);
    expect(exit.stderr).toMatch(/lists what is no event/);
    expect(rig.delivered()).toHaveLength(6 + good);
    const { source_dead_letters: aside } = JSON.parse((await rig.run(["status", "--json"])).stdout) as {
      source_dead_letters: number;
    };
    expect(aside).toBe(1);
  });

  test.for(Object.entries(halves))("while it runs: %s", async ([, fault], { rig }) => {
    const tail = rig.start(["tail", "--stdout"]);
    await tail.output("stdout", /(.*\n){6}/);
    rig.proxy.next(5, fault);
    await rig.company.hire(3);
    await tail.output("stderr", /cannot read the log; will try again/);
    await expectToFollow(rig, tail);
  });

  test("while it runs: an event without an id holds the log up, until it has one", async ({ rig }) => {
    const tail = rig.start(["tail", "--stdout"]);
    await tail.output("stdout", /(.*\n){6}/);
    rig.proxy.fault = withoutId;
    await rig.company.hire(3);
    await tail.output("stderr", /data\.1\.id.*will try again/);
    rig.proxy.fault = null;
    await expectToFollow(rig, tail);
  });
});

test.concurrent("an event of an unknown name goes to every sink, to the handler for everything, and is counted", async ({
  rig,
}) => {
  rig.proxy.fault = rewritten((page) => changed(page, 2, { event: "dsync.user.promoted" }));
  const handlers = rig.write(
    "handlers.mjs",
    `import { appendFileSync } from "node:fs";
     export default { "*": (event) => appendFileSync("handled", event.event + "\\n") };`,
  );
  const hook = rig.write("hook.sh", '#!/bin/sh\necho "$DIRSYNC_EVENT_TYPE" >> hooked\n', 0o755);
  const exit = await rig.run([...onceToStdout, "--handlers", handlers, "--exec", hook]);
  const names = (await rig.company.log()).map(({ event }, index) => (index === 2 ? "dsync.user.promoted" : event));
  expect(exit.code).toBe(0);
  expect(rig.lines("handled")).toEqual(names);
  expect(rig.lines("hooked")).toEqual(names);
  expect(
    exit.stdout
      .split("\n")
      .slice(0, -1)
      .map((line) => (JSON.parse(line) as { event: string }).event),
  ).toEqual(names);
  expect(exit.stderr).toMatch(/handlers 6, exec 6, stdout 6/);
});

test.concurrent("an event of an unknown name is skipped, or halts the sink, where that was chosen for a sink", async ({
  rig,
}) => {
  rig.proxy.fault = rewritten((page) => changed(page, 2, { event: "dsync.user.promoted" }));
  const hook = rig.write("hook.sh", '#!/bin/sh\necho "$DIRSYNC_EVENT_TYPE" >> "$1"\n', 0o755);
  const config = rig.write(
    "dirsync.config.json",
    JSON.stringify({
      onUnknownEvent: "halt",
      lane: "none",
      sinks: {
        careful: { exec: `${hook} careful`, concurrency: 1 },
        rest: { exec: `${hook} rest`, onUnknownEvent: "skip" },
        all: { exec: `${hook} all`, onUnknownEvent: "deliver" },
      },
    }),
  );
  const exit = await rig.run(["tail", "--once", "--config", config]);
  const names = (await rig.company.log()).map(({ event }) => event);
  expect(exit.code).toBe(3);
  expect(exit.stderr).toMatch(/sink careful halts at such events/);
  expect(rig.lines("careful")).toEqual(names.slice(0, 2));
  expect([...rig.lines("rest")].sort()).toEqual(names.filter((_name, index) => index !== 2).sort());
  expect(rig.lines("all")).toContain("dsync.user.promoted");
  const status = await rig.run(["status", "--config", config]);
  expect(status.stdout).toMatch(/1 event of a type that this version does not know: dsync\.user\.promoted/);
  expect(JSON.parse((await rig.run(["status", "--json"])).stdout)).toMatchObject({
    unknown_types: [{ type: "dsync.user.promoted", count: 1 }],
  });
  const flags = ["tail", "--once", "--no-config", "--exec", `careful=${hook} careful`, "--on-unknown-event", "deliver"];
  const mended = await rig.run(flags);
  expect(mended.code).toBe(0);
  expect(rig.lines("careful")).toHaveLength(6);
});

test.concurrent("an event that is larger than an answer may be is told about with what to do, which lets it in", async ({
  rig,
}) => {
  rig.proxy.fault = rewritten(({ data, ...page }) => ({
    ...page,
    data: data.map((event) => (event["id"] === large ? { ...event, filling: "x".repeat(1_500_000) } : event)),
  }));
  const log = await rig.logged();
  const large = log[3];
  const refused = await rig.run([...onceToStdout, "--answer-bytes-max", "1MiB"]);
  expect(refused.code).toBe(69);
  expect(rig.delivered()).toEqual(log.slice(0, 3));
  expect(refused.stderr).toMatch(new RegExp(`The event after ${log[2]} is too large by itself.*--answer-bytes-max`));
  const taken = await rig.run([...onceToStdout, "--answer-bytes-max", "2MiB"]);
  expect(taken.code).toBe(0);
  expect(rig.delivered()).toEqual(log);
});

describe.concurrent("a log that cannot be followed", () => {
  test("is not followed from new to old: 78, and nothing is delivered", async ({ rig }) => {
    rig.proxy.fault = rewritten((page) => ({ ...page, data: [...page.data].reverse() }));
    const exit = await rig.run(onceToStdout);
    expect(exit).toMatchObject({ code: 78, stdout: "" });
    expect(exit.stderr).toMatch(/newest first.*cannot be consumed by cursor/);
    rig.proxy.fault = null;
    await expectNothingLost(rig);
  });

  test.for(["tail --once --stdout", "tail --stdout"])(
    "%s: of another service, which knows nothing of ours, ends with 78, and the position stays where it is",
    async (command, { rig }) => {
      const { before, own } = await positionInAnotherLog(rig);
      const exit = await rig.run(command.split(" "));
      expect(exit).toMatchObject({ code: 78, stdout: "" });
      expect(exit.stderr).toContain(String(before.cursor));
      expect(exit.stderr).toMatch(/does not know event .*another environment.*Nothing was changed/);
      expect(await positionOf(rig)).toEqual(before);
      rig.proxy.target = own;
      await expectNothingLost(rig);
    },
  );

  // Two looks at the same mistake: a page that begins the log anew, with and without the cursor's own event in it.
  test.for([3, 100])(
    "that begins again at the start, in pages of %d, is not taken for what came since",
    async (limit, { rig }) => {
      await expectNothingLost(rig);
      await rig.company.hire(2);
      rig.proxy.fault = rewrittenStart(limit);
      const exit = await rig.run(onceToStdout);
      expect(exit.code).toBe(69);
      expect(exit.stderr).toMatch(/Asked for events after event_\w+, upstream did not go on from there/);
      rig.proxy.fault = null;
      await rig.company.hire(1);
      // Each event once: neither the old ones again, nor the new ones never.
      await expectNothingLost(rig);
    },
  );
});

/** The page with one of its events changed. */
function changed(page: Page, index: number, change: Readonly<Record<string, unknown>>): Page {
  return { ...page, data: page.data.map((event, place) => (place === index ? { ...event, ...change } : event)) };
}

/** A service that overlooks the cursor, as one does that has never heard of it. */
function rewrittenStart(limit: number): Fault {
  return async (call) => {
    const url = new URL(call.url);
    url.searchParams.delete("after");
    url.searchParams.set("limit", String(limit));
    const { status, body } = await call.real(url);
    call.response.writeHead(status, { "content-type": "application/json" }).end(body);
  };
}

/** Puts another company's service behind the address, which does not know the cursor. */
async function positionInAnotherLog(rig: Rig) {
  await expectNothingLost(rig);
  const before = await positionOf(rig);
  await rig.company.hire(2);
  const own = rig.proxy.target;
  rig.proxy.target = await rig.otherCompany();
  return { before, own };
}
