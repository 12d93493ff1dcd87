import { openJournal } from "@dirsync/consumer";
import { expect } from "vitest";
import type { CliProcess } from "./cli-process.ts";
import type { Rig } from "./rig.ts";

/** `dirsync tail` to the end of the log and to standard output. */
export const onceToStdout = ["tail", "--once", "--stdout"] as const;

/** A position in the log: whatever else goes wrong, it must not move by itself. */
export interface Position {
  readonly cursor: string | null;
  readonly headSeq: number;
  /** Low-water mark of each sink. */
  readonly marks: readonly (readonly [sink: string, lowSeq: number])[];
}

/** Reads the position from the state file, beside whoever may hold it. */
export async function positionOf(rig: Rig): Promise<Position> {
  const journal = await openJournal({ path: rig.state, role: "visitor" });
  try {
    const { cursor, headSeq, sinks } = await journal.status();
    return { cursor, headSeq, marks: sinks.map(({ name, lowSeq }) => [name, lowSeq] as const) };
  } finally {
    await journal.close();
  }
}

/** Runs a proper `tail --once` and holds everything that was ever delivered against the log: each event once, in order. */
export async function expectNothingLost(rig: Rig): Promise<void> {
  const exit = await rig.run(onceToStdout);
  expect({ code: exit.code, stderr: exit.code === 0 ? "" : exit.stderr }).toEqual({ code: 0, stderr: "" });
  expect(rig.delivered()).toEqual(await rig.logged());
}

/** Waits until the whole log has come out of a running tail, then ends it in good order. */
export async function expectToFollow(rig: Rig, tail: CliProcess): Promise<void> {
  const log = await rig.logged();
  await tail.output("stdout", new RegExp(`"id":"${log.at(-1)}"`));
  tail.signal("SIGTERM");
  expect((await tail.exit).code).toBe(0);
  expect(rig.delivered()).toEqual(log);
}
