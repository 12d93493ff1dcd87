/** Handler modules that cannot be used, and handlers that fail. */
import Database from "better-sqlite3";
import { describe, expect } from "vitest";
import { expectNothingLost, onceToStdout } from "../../support/catching-up.ts";
import { type Rig, test } from "../../support/rig.ts";

describe.concurrent("a handler module that cannot be used ends with 78 before anything is touched", () => {
  test.for<[string, string, number, RegExp]>([
    ["is not there", "", 0, /There is no handler module at .*handlers\.ts/],
    ["has a syntax error", "export default {", 0o644, /Cannot load the handler module .*handlers\.ts/],
    ["throws when it is loaded", 'throw new Error("no database");', 0o644, /Cannot load .*no database/],
    ["imports what is not there", 'import "./missing.js";', 0o644, /Cannot load .*missing\.js/],
    ["exports nothing", "export {};", 0o644, /must export an object of handlers/],
    ["exports no handler", "export default {};", 0o644, /exports no handler/],
    ["exports no function", 'export default { "dsync.user.created": 42 };', 0o644, /is not a function/],
    [
      "has a handler for an event that does not exist",
      'export default { "dsync.user.create": () => undefined };',
      0o644,
      /"dsync\.user\.create", which is no event\. Events: .*dsync\.user\.created/,
    ],
    ["can be changed by everybody", "export default {};", 0o666, /can be changed by everybody\. Run: chmod o-w/],
  ])("%s", async ([, content, mode, message], { rig }) => {
    const path = mode === 0 ? "handlers.ts" : rig.write("handlers.ts", content, mode);
    const exit = await rig.run(["tail", "--once", "--handlers", path]);
    expect(exit).toMatchObject({ code: 78, stdout: "" });
    expect(exit.stderr).toMatch(message);
    expect(rig.proxy.arrivals).toEqual([]);
    expect(rig.lines("tail.db")).toEqual([]);
  });
});

describe.concurrent("a handler that throws", () => {
  test("is called again with the same event, and later events of the directory wait for it", async ({ rig }) => {
    const handlers = writeHandlers(rig, "if (attempt.number < 3 && seq === 2) throw new Error(`no database`);");
    const exit = await rig.run(["tail", "--once", "--handlers", handlers]);
    expect(exit.code).toBe(0);
    expect(exit.stderr).toMatch(/delivery failed; will try again/);
    const log = await rig.logged();
    expect(rig.lines("handled")).toEqual(log);
    expect(rig.lines("called")).toEqual([1, 2, 2, 2, 3, 4, 5, 6].map((seq) => String(log[seq - 1])));
  });

  test("for good leaves a dead letter, which can be looked at, retried after mending, and is then gone", async ({
    rig,
  }) => {
    const handlers = writeHandlers(rig, 'if (seq === 2) throw giveUp("the mailbox name is taken");');
    const exit = await rig.run(["tail", "--once", "--handlers", handlers]);
    expect(exit.code).toBe(0);
    expect(exit.stderr).toMatch(/some events were given up; see: dirsync dead-letters list/);
    const log = await rig.company.log();
    const [, dead] = log;
    expect(rig.lines("handled")).toEqual(log.filter((event) => event !== dead).map(({ id }) => id));

    const [letter] = await deadLetters(rig);
    const facts = { event_id: dead?.id, event: "dsync.user.created", sink: "handlers", seq: 2, superseded_by: null };
    expect(letter).toMatchObject({ ...facts, reason: "the mailbox name is taken" });
    const shown = await rig.run(["dead-letters", "show", String(dead?.id), "--json"]);
    expect(JSON.parse(shown.stdout)).toMatchObject({ ...facts, payload: dead });

    writeHandlers(rig, "");
    const retried = await rig.run(["dead-letters", "retry", String(dead?.id)]);
    expect(retried).toMatchObject({ code: 0, stdout: "1 dead letter retried.\n" });
    expect((await rig.run(["tail", "--once", "--handlers", handlers])).code).toBe(0);
    expect(rig.lines("handled").at(-1)).toBe(dead?.id);
    expect([...rig.lines("handled")].sort()).toEqual(log.map(({ id }) => id).sort());
    expect(await deadLetters(rig)).toEqual([]);
  });

  test("leaves a dead letter that can be discarded, and never comes again", async ({ rig }) => {
    const handlers = writeHandlers(rig, 'if (seq === 2) throw giveUp("the mailbox name is taken");');
    await rig.run(["tail", "--once", "--handlers", handlers]);
    const log = await rig.logged();
    expect(await rig.run(["dead-letters", "discard", String(log[1])])).toMatchObject({ code: 0 });
    writeHandlers(rig, "");
    expect((await rig.run(["tail", "--once", "--handlers", handlers])).code).toBe(0);
    expect(await deadLetters(rig)).toEqual([]);
    expect(rig.lines("handled")).toEqual(log.filter((id) => id !== log[1]));
  });

  test("does not hold back another sink", async ({ rig }) => {
    const handlers = writeHandlers(rig, 'throw giveUp("not today");');
    const exit = await rig.run([...onceToStdout, "--handlers", handlers]);
    expect(exit.code).toBe(0);
    expect(await deadLetters(rig)).toHaveLength(6);
    expect(rig.delivered()).toEqual(await rig.logged());
    await expectNothingLost(rig);
  });

  test("of an event that a later one has overtaken is not retried by accident", async ({ rig }) => {
    const handlers = writeHandlers(rig, 'if (seq === 2) throw giveUp("not today");');
    await rig.company.dismissFirst();
    await rig.run(["tail", "--once", "--handlers", handlers]);
    const log = await rig.logged();
    const refused = await rig.run(["dead-letters", "retry", String(log[1])]);
    expect(refused.code).toBe(2);
    expect(refused.stderr).toMatch(new RegExp(`overtaken by ${log[6]}.*--force`));
    const others = await rig.run(["dead-letters", "retry", "--all"]);
    expect(others.stdout).toMatch(/^0 retried; 1 left alone/);
    expect(await rig.run(["dead-letters", "retry", String(log[1]), "--force"])).toMatchObject({ code: 0 });
  });
});

describe.concurrent("of what a later event has overtaken, the latest state can be had instead", () => {
  test("of one that is named, from the event that the sink has had", async ({ rig }) => {
    const handlers = writeHandlers(rig, 'if (seq === 2) throw giveUp("not today");');
    await rig.company.dismissFirst();
    await rig.run(["tail", "--once", "--handlers", handlers]);
    const log = await rig.logged();
    const both = await rig.run(["dead-letters", "retry", String(log[1]), "--latest", "--force"]);
    expect(both).toMatchObject({ code: 2 });
    const retried = await rig.run(["dead-letters", "retry", String(log[1]), "--latest"]);
    expect(retried).toMatchObject({
      code: 0,
      stdout: "1 dead letter retried; in the place of 1 of them comes the latest state.\n",
    });
    const handled = rig.lines("handled").length;
    await rig.run(["tail", "--once", "--handlers", handlers]);
    expect(rig.lines("handled").slice(handled)).toEqual([log[6]]);
    expect(await deadLetters(rig)).toEqual([]);
  });

  test("of all, also where the latest state was given up itself", async ({ rig }) => {
    const handlers = writeHandlers(rig, 'if (seq === 2 || seq >= 6) throw giveUp("not today");');
    await rig.company.dismissFirst();
    await rig.run(["tail", "--once", "--handlers", handlers]);
    const log = await rig.logged();
    expect(await deadLetters(rig)).toHaveLength(3);
    const retried = await rig.run(["dead-letters", "retry", "--all", "--latest", "--json"]);
    expect(JSON.parse(retried.stdout)).toEqual({ retried: 3, refused: 0, latest: 1 });
    const mended = writeHandlers(rig, "");
    const handled = rig.lines("handled").length;
    await rig.run(["tail", "--once", "--handlers", mended]);
    expect(rig.lines("handled").slice(handled)).toEqual([log[5], log[6]]);
    expect(await deadLetters(rig)).toEqual([]);
  });

  test("of all, where one cannot be had: it is left alone, and the others come", async ({ rig }) => {
    const handlers = writeHandlers(rig, 'if (seq === 2 || seq === 6) throw giveUp("not today");');
    await rig.company.dismissFirst();
    await rig.run(["tail", "--once", "--handlers", handlers]);
    const log = await rig.logged();
    const database = new Database(rig.state);
    database.prepare("UPDATE event SET flags = flags | 4 WHERE seq = 7").run();
    database.close();
    const retried = await rig.run(["dead-letters", "retry", "--all", "--latest"]);
    expect(retried.code).toBe(0);
    expect(retried.stdout).toMatch(/^1 retried; 1 left alone.*by its id/);
    expect(await deadLetters(rig)).toMatchObject([{ event_id: log[1] }]);
  });
});

test.concurrent("what there is no dead letter of cannot be shown, retried or discarded", async ({ rig }) => {
  await expectNothingLost(rig);
  for (const act of ["show", "retry", "discard"]) {
    const exit = await rig.run(["dead-letters", act, "event_unknown"]);
    expect(exit).toMatchObject({ code: 2, stdout: "" });
    expect(exit.stderr).toMatch(/no dead letter of event event_unknown.*dirsync dead-letters list/);
  }
  const unnamed = await rig.run(["dead-letters", "retry"]);
  expect(unnamed).toMatchObject({ code: 2, stdout: "" });
  expect(unnamed.stderr).toMatch(/Name the events, or give --all/);
});

/** A module that notes each call and each success, and does `act` in between. */
function writeHandlers(rig: Rig, act: string): string {
  return rig.write(
    "handlers.ts",
    `import { appendFileSync } from "node:fs";
     // As the SDK's SinkError is recognised across copies.
     const giveUp = (message: string): Error =>
       Object.assign(new Error(message), { [Symbol.for("@dirsync/error")]: true, code: "mailbox", verdict: "dead" });
     export default {
       "*": (event: { id: string }, { attempt }: { attempt: { number: number; seq: number } }) => {
         const { seq } = attempt;
         appendFileSync("called", event.id + "\\n");
         ${act}
         appendFileSync("handled", event.id + "\\n");
       },
     };`,
  );
}

async function deadLetters(rig: Rig): Promise<readonly unknown[]> {
  const { stdout } = await rig.run(["dead-letters", "list", "--json"]);
  return stdout
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line) as unknown);
}
