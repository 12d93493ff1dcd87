import { expect } from "vitest";
import type { CliProcess } from "./cli-process.ts";
import type { Rig } from "./rig.ts";

/** `dirsync tail` to the end of the log and to standard output. */
export const onceToStdout = ["tail", "--once", "--stdout"] as const;

/** What `dirsync status` says about the position: whatever else goes wrong, it must not move by itself. */
export interface Position {
  readonly cursor: string | null;
  readonly head_seq: number;
  readonly sinks: readonly { readonly name: string; readonly low_seq: number }[];
}

/** Reads the position from the state file. */
export async function positionOf(rig: Rig): Promise<Position> {
  const { stdout } = await rig.run(["status", "--json"]);
  const { cursor, head_seq, sinks } = JSON.parse(stdout) as Position;
  return { cursor, head_seq, sinks };
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
