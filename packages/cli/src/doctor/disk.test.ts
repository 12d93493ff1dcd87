import { expect, test } from "vitest";
import type { Filesystem } from "../filesystem.ts";
import { judgeFilesystem, judgeRoom } from "./disk.ts";

const mebibyte = 1024 * 1024;

test.each([
  [0, "failed", 74],
  [100 * mebibyte - 1, "failed", 74],
  [100 * mebibyte, "warning", undefined],
  [1024 * mebibyte - 1, "warning", undefined],
  [1024 * mebibyte, "ok", undefined],
])("with %d free bytes, the room for the state file is %s", (freeBytes, verdict, exitCode) => {
  const found = judgeRoom(freeBytes);
  expect(found).toMatchObject({ check: "state.room", verdict });
  expect(found.exitCode).toBe(exitCode);
  expect(found.detail).toBe(`${Math.floor(freeBytes / mebibyte)} MiB free`);
  expect(found.advice === null).toBe(verdict === "ok");
});

const disk: Filesystem = { type: "ext4", mountPoint: "/var", isRemote: false, isFleeting: false };

test.each<[what: string, found: Filesystem | null, verdict: string, exitCode: number | undefined]>([
  ["a disk of this machine", disk, "ok", undefined],
  ["a file system over a network", { ...disk, type: "nfs4", isRemote: true }, "failed", 78],
  ["one that is gone with the container", { ...disk, type: "overlay", isFleeting: true }, "warning", undefined],
  ["one that the system does not tell of", null, "skipped", undefined],
])("a state file on %s is judged by it", (_what, found, verdict, exitCode) => {
  const finding = judgeFilesystem(found);
  expect(finding).toMatchObject({ check: "state.filesystem", verdict });
  expect(finding.exitCode).toBe(exitCode);
  if (found !== null) expect(finding.detail).toBe(`${found.type}, mounted at /var`);
  expect(finding.advice !== null).toBe(verdict === "failed" || verdict === "warning");
});
