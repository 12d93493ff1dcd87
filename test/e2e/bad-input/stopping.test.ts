/** Ends of `dirsync tail`: asked for, insisted on, or because nobody reads any more. */
import { readdirSync } from "node:fs";
import { describe, expect } from "vitest";
import { expectNothingLost, onceToStdout, positionOf } from "../../support/catching-up.ts";
import { eventIds, type Rig, test } from "../../support/rig.ts";
import { until } from "../../support/until.ts";

describe.concurrent("SIGTERM", () => {
  test.for(["SIGTERM", "SIGINT"] as const)(
    "%s lets the hook in flight end, and starts no other",
    async (signal, { rig }) => {
      const tail = rig.start(["tail", "--exec", slowHook(rig)]);
      await until(() => rig.lines("begun").length === 2, { what: "the second hook" });
      tail.signal(signal);
      const exit = await tail.exit;
      expect(exit).toMatchObject({ code: 0, stdout: "" });
      expect(exit.stderr).toMatch(/stopping; a second signal stops at once/);
      expect(rig.lines("done")).toHaveLength(2);
      expect(await rig.run(["tail", "--once", "--exec", slowHook(rig)])).toMatchObject({ code: 0 });
      // Each event once: what had ended before is not repeated.
      expect(rig.lines("begun")).toEqual(await rig.logged());
      expect(rig.lines("done")).toEqual(rig.lines("begun"));
    },
  );

  test("ends a tail --once with 75 when something is left to deliver", async ({ rig }) => {
    const tail = rig.start(["tail", "--once", "--exec", slowHook(rig)]);
    await until(() => rig.lines("begun").length === 2, { what: "the second hook" });
    tail.signal("SIGTERM");
    expect(await tail.exit).toMatchObject({ code: 75, stdout: "" });
    expect(await rig.run(["tail", "--once", "--exec", slowHook(rig)])).toMatchObject({ code: 0 });
    expect(rig.lines("done")).toEqual(await rig.logged());
  });

  test("while it waits for a service that is down ends it at once, and well", async ({ rig }) => {
    await rig.proxy.close();
    const tail = rig.start(["tail", "--stdout"]);
    await tail.output("stderr", /"msg":"tailing"/);
    tail.signal("SIGTERM");
    expect(await tail.exit).toMatchObject({ code: 0, stdout: "" });
    await rig.proxy.open();
    await expectNothingLost(rig);
  });

  test("a second time ends it at once, and the event in flight comes again", async ({ rig }) => {
    const tail = rig.start([
      "tail",
      "--exec",
      `sh ${rig.write("hang.sh", 'echo "$DIRSYNC_EVENT_ID" >> begun\nsleep 60\n')}`,
    ]);
    await until(() => rig.lines("begun").length === 1, { what: "the hook" });
    tail.signal("SIGTERM");
    await tail.output("stderr", /a second signal stops at once/);
    tail.signal("SIGTERM");
    expect(await tail.exit).toMatchObject({ code: 143, stdout: "" });
    expect(await rig.run(["tail", "--once", "--exec", slowHook(rig)])).toMatchObject({ code: 0 });
    const log = await rig.logged();
    expect(rig.lines("begun")).toEqual([log[0], ...log]);
    expect(rig.lines("done")).toEqual(log);
  });
});

describe.concurrent("a reader that goes away, as head does", () => {
  test("halts the sink with 3 and a sentence, and the events it did not take come to the next one", async ({ rig }) => {
    await rig.company.hire(20);
    const tail = rig.start(["tail", "--stdout"]);
    await tail.output("stdout", /"id"/);
    tail.closeStdout();
    await rig.company.hire(2);
    const exit = await tail.exit;
    expect(exit.code).toBe(3);
    expect(exit.stderr).toMatch(/Its reader may have gone away/);
    expect(exit.stderr).not.toMatch(/EPIPE\n|\n {4}at |bug/);
    // What the first reader had in its pipe counts as taken; everything behind that must come, from the mark on.
    const { marks } = await positionOf(rig);
    const taken = marks[0]?.[1] ?? 0;
    const log = await rig.logged();
    expect(taken).toBeLessThan(log.length);
    const next = await rig.run(onceToStdout);
    expect(next.code).toBe(0);
    expect(eventIds(next.stdout)).toEqual(log.slice(taken));
  });

  test.for(["users list", "users list --json", "events list --json", "--help"])(
    "ends quietly: dirsync %s",
    async (command, { rig }) => {
      const list = rig.start(command.split(" "));
      list.closeStdout();
      expect(await list.exit).toMatchObject({ code: 0, stderr: "" });
    },
  );
});

describe.concurrent("diagnostics that cannot be written", () => {
  test("keep nothing from being delivered: the disk for them is full", async ({ rig }) => {
    const args = [
      "tail",
      "--once",
      "--exec",
      rig.write("hook.sh", '#!/bin/sh\necho "$DIRSYNC_EVENT_ID" >> done\n', 0o755),
    ];
    const exit = await rig.start(args, {}, { shell: '"$0" "$@" 2>/dev/full' }).exit;
    expect(exit).toMatchObject({ code: 0, stderr: "" });
    expect(rig.lines("done")).toEqual(await rig.logged());
  });

  test("keep no hook that writes from its work, nor is an event given up for it: whoever read them has gone away", async ({
    rig,
  }) => {
    const script = '#!/bin/sh\necho working\necho "on it" >&2\necho "$DIRSYNC_EVENT_ID" >> done\n';
    const args = ["tail", "--once", "--attempts", "1", "--exec", rig.write("hook.sh", script, 0o755)];
    await rig.start(args, {}, { shell: '"$0" "$@" 2>&1 | true' }).exit;
    await until(() => rig.lines("done").length >= 6, { what: "the events of the log" });
    expect(rig.lines("done")).toEqual(await rig.logged());
    expect((await rig.run(["dead-letters", "list"])).stdout).toBe("No dead letters.\n");
  });

  test("keep nothing from being delivered: whoever read them has gone away", async ({ rig }) => {
    const hook = rig.write("hook.sh", '#!/bin/sh\necho "$DIRSYNC_EVENT_ID" >> done\n', 0o755);
    const tail = rig.start(["tail", "--exec", hook]);
    await tail.output("stderr", /"msg":"tailing"/);
    tail.closeStderr();
    const log = await rig.logged();
    await until(() => rig.lines("done").length >= log.length, { what: "the events of the log" });
    // That is told of, and so is its end.
    tail.signal("SIGHUP");
    await rig.company.hire(2);
    const later = await rig.logged();
    await until(() => rig.lines("done").length >= later.length, { what: "the events after that" });
    tail.signal("SIGTERM");
    expect((await tail.exit).code).toBe(0);
    expect(rig.lines("done")).toEqual(later);
  });
});

describe.concurrent("a full disk", () => {
  test.for(["users list", "users list --json", "directories list", "export", "config --stdout"])(
    "never makes a short file look like a whole one: dirsync %s",
    async (command, { rig }) => {
      const exit = await rig.start(command.split(" "), {}, { shell: '"$0" "$@" >/dev/full' }).exit;
      expect(exit).toMatchObject({ code: 78, stdout: "" });
      expect(exit.stderr).toMatch(/Standard output cannot be written: ENOSPC.*What is there is not complete/);
      expect(exit.stderr).not.toMatch(/bug/);
    },
  );

  test.for(["sqlite", "csv", "ndjson"])(
    "leaves nothing of an export to %s that is not complete",
    async (to, { rig }) => {
      await rig.company.hire(40);
      const shell = `trap '' XFSZ; ulimit -S -f 8; exec "$0" "$@"`;
      const exit = await rig.start(["export", "--to", to, "--out", "people"], {}, { shell }).exit;
      expect(exit.code).toBe(78);
      expect(exit.stderr).toMatch(/Cannot write .*people/);
      expect(exit.stderr).not.toMatch(/bug/);
      const left = readdirSync(rig.folder, { recursive: true }).map(String);
      expect(left.filter((name) => name.includes("partial") || name.endsWith("users.csv"))).toEqual([]);
    },
  );
});

/** A hook that takes long enough to be stopped in the middle. */
function slowHook(rig: Rig): string {
  return rig.write(
    "slow.sh",
    '#!/bin/sh\necho "$DIRSYNC_EVENT_ID" >> begun\nsleep 0.2\necho "$DIRSYNC_EVENT_ID" >> done\n',
    0o755,
  );
}
