import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { makeEvent } from "../fixtures/events.ts";
import { temporaryFolder } from "../fixtures/state-file.ts";
import type { BatchEntry } from "../model.ts";
import { commandSink, type CommandSinkOptions } from "./command.ts";
import { attemptOf } from "./conformance.ts";

const environment = { PATH: process.env["PATH"] ?? "" };
const never = new AbortController().signal;

function entriesOf(count: number): BatchEntry[] {
  return Array.from({ length: count }, (_, index) => ({
    event: makeEvent(index + 1),
    attempt: attemptOf(index + 41),
  }));
}

function batchSink(script: string, ...rest: string[]) {
  const sink = commandSink({ command: [script, ...rest], shell: true, batch: true, environment, instanceId: "j" });
  const deliverBatch = async (entries: readonly BatchEntry[]): Promise<void> => sink.deliverBatch?.(entries, never);
  return { ...sink, deliverBatch };
}

describe("one process for a batch", () => {
  test("gets one event a line, and where the batch lies", async () => {
    const folder = temporaryFolder();
    const sink = batchSink('cat > "$1/lines"; env | grep ^DIRSYNC_ | grep -v _PROCESS | sort > "$1/variables"', folder);
    const entries = entriesOf(3);
    await sink.deliverBatch(entries);
    const lines = entries.map(({ event }) => `${JSON.stringify(event)}\n`).join("");
    expect(readFileSync(join(folder, "lines"), "utf8")).toBe(lines);
    expect(readFileSync(join(folder, "variables"), "utf8").split("\n")).toEqual([
      "DIRSYNC_BATCH_ATTEMPT=1",
      "DIRSYNC_BATCH_EPOCH=1",
      "DIRSYNC_BATCH_FIRST_SEQ=41",
      "DIRSYNC_BATCH_LANE=directory:d1",
      "DIRSYNC_BATCH_LAST_SEQ=43",
      "DIRSYNC_BATCH_SIZE=3",
      "DIRSYNC_JOURNAL=j",
      "",
    ]);
  });

  test("is one process, however many events there are", async () => {
    const folder = temporaryFolder();
    await batchSink('cat > "$1/$$"', folder).deliverBatch(entriesOf(500));
    expect(readdirSync(folder)).toHaveLength(1);
  });

  test.each([
    [75, "retry", "command_failed"],
    [1, "retry", "command_failed"],
    [78, "halt", "command_failed"],
    // Which event is bad shows when each goes alone.
    [65, "retry", "batch_refused"],
  ])("that exits with %i: %s", async (code, verdict, name) => {
    const delivering = batchSink(`exit ${code}`).deliverBatch(entriesOf(2));
    await expect(delivering).rejects.toMatchObject({ verdict, code: name });
  });

  test("that refuses an event that goes alone gives it up", async () => {
    const sink = batchSink("exit 65");
    await expect(sink.deliver(makeEvent(1), attemptOf(1))).rejects.toMatchObject({ verdict: "dead" });
    await expect(sink.deliverBatch(entriesOf(1))).rejects.toMatchObject({ verdict: "dead" });
  });

  test("gets an event that goes alone as a batch of one", async () => {
    const folder = temporaryFolder();
    const script = '[ "$DIRSYNC_BATCH_SIZE" = 1 ] && cat > "$1/lines"';
    await batchSink(script, folder).deliver(makeEvent(1), attemptOf(1));
    expect(readFileSync(join(folder, "lines"), "utf8")).toBe(`${JSON.stringify(makeEvent(1))}\n`);
  });
});

describe("what comes from a directory never becomes a command", () => {
  const odd = ["$(touch made)", "`touch made`", "; touch made;", "\n touch made \n", "| touch made", "&& touch made"];
  const further = [
    "-rf",
    "--",
    "../../made",
    "..",
    "\u0000made",
    "'",
    '"',
    "\\",
    "LD_PRELOAD=made",
    "${IFS}touch${IFS}made",
  ];
  const pieces = [...odd, ...further, "*", "~", "!!", "%s%n", "\u202e", "a b", "é"];

  /** Writes what it got beside its own name, so that what it was told is compared and what it was not would show. */
  const script = 'cd "$1" && cat > body && printf "%s" "${DIRSYNC_EVENT_ID-unset}" > id';

  test.each<[name: string, make: (folder: string) => Pick<CommandSinkOptions, "command" | "shell">]>([
    ["without a shell", (folder) => ({ command: ["/bin/sh", "-c", script, "sh", folder] })],
    ["with one", (folder) => ({ command: [script, folder], shell: true })],
  ])("%s", async (_name, make) => {
    const folder = temporaryFolder();
    const sink = commandSink({ ...make(folder), environment, instanceId: "j" });
    for (const [index, piece] of [...pieces, ...pieces.map((one) => `event_1${one}`)].entries()) {
      const event = makeEvent(index, {
        id: piece,
        name: piece,
        user: piece,
        data: { [piece]: [piece, { text: piece }] },
      });
      await sink.deliver(event, { ...attemptOf(index), lane: piece });
      expect(readFileSync(join(folder, "body"), "utf8")).toBe(JSON.stringify(event));
      expect(readFileSync(join(folder, "id"), "utf8")).toBe(/^event_1(?:--|-rf|\.\.)$/.test(piece) ? piece : "unset");
      expect(readdirSync(folder).sort()).toEqual(["body", "id"]);
    }
  });

  test("and a plain id, name and lane are told as they are", async () => {
    const folder = temporaryFolder();
    const write = 'printf "%s %s %s" "$DIRSYNC_EVENT_ID" "$DIRSYNC_EVENT_TYPE" "$DIRSYNC_EVENT_LANE" > "$1/said"';
    const sink = commandSink({ command: [write, folder], shell: true, environment, instanceId: "j" });
    const event = makeEvent(1, { id: "event_01ABC.def:7-x", name: "dsync.group.user_added" });
    await sink.deliver(event, { ...attemptOf(1), lane: "user:directory_user_01" });
    expect(readFileSync(join(folder, "said"), "utf8")).toBe(
      "event_01ABC.def:7-x dsync.group.user_added user:directory_user_01",
    );
  });
});

test("an event that was asked for again is marked as such", async () => {
  const folder = temporaryFolder();
  const command = ['env | grep REPLAY >> "$1/marks"; true', folder] as const;
  const again = { ...attemptOf(1), replay: true };
  for (const batch of [false, true]) {
    const sink = commandSink({ command, shell: true, batch, environment, instanceId: "j" });
    for (const attempt of [attemptOf(1), again]) await sink.deliver(makeEvent(1), attempt);
  }
  expect(readFileSync(join(folder, "marks"), "utf8")).toBe("DIRSYNC_EVENT_REPLAY=1\nDIRSYNC_BATCH_REPLAY=1\n");
});

describe("a script", () => {
  test("gets its arguments as $1 and so on, and nothing else", async () => {
    const folder = temporaryFolder();
    const command = ['printf "%s|" "$0" "$@" > "$1/said"', folder, "two words", "$(touch made)"] as const;
    await commandSink({ command, shell: true, environment, instanceId: "j" }).deliver(makeEvent(1), attemptOf(1));
    expect(readFileSync(join(folder, "said"), "utf8")).toBe(`sh|${folder}|two words|$(touch made)|`);
    expect(readdirSync(folder)).toEqual(["said"]);
  });

  test("is never run without being asked for: the same words are then a program", async () => {
    const sink = commandSink({ command: ["exit 0"], environment, instanceId: "j" });
    await expect(sink.deliver(makeEvent(1), attemptOf(1))).rejects.toMatchObject({ code: "command_not_started" });
  });
});
