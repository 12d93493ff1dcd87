import { mkdirSync, mkdtempSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { filesystemOf, readMounts } from "./filesystem.ts";

const folder = mkdtempSync(join(tmpdir(), "dirsync-mounts-"));
mkdirSync(join(folder, "net/deep"), { recursive: true });
mkdirSync(join(folder, "with space"));
symlinkSync(join(folder, "net/deep"), join(folder, "link"));

afterAll(() => rmSync(folder, { recursive: true }));

const mounts = [
  "22 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw",
  `30 22 0:40 / ${folder}/net rw - ext4 /dev/sdb1 rw`,
  `31 22 0:41 / ${folder}/net rw,relatime shared:9 master:2 - nfs4 server:/export rw`,
  `32 22 0:42 / ${folder}/with\\040space rw - tmpfs tmpfs rw`,
  "33 22 0:43 / /net rw - overlay overlay rw",
  "broken line",
  "",
].join("\n");

test.each([
  ["net/deep/tail.db", "nfs4", { isRemote: true, isFleeting: false }],
  ["net", "nfs4", { isRemote: true }],
  ["link/not/there/yet/tail.db", "nfs4", { isRemote: true }],
  ["network/tail.db", "ext4", { isRemote: false, isFleeting: false }],
  ["with space/tail.db", "tmpfs", { isRemote: false, isFleeting: true }],
])("%s is on %s", (path, type, expected) => {
  expect(filesystemOf(join(folder, path), mounts)).toMatchObject({ type, ...expected });
});

test("nothing is claimed where the system does not tell", () => {
  expect(filesystemOf("/tmp/tail.db", null)).toBeNull();
  expect(filesystemOf("/tmp/tail.db", "")).toBeNull();
});

test.runIf(process.platform === "linux")("this machine tells", () => {
  expect(filesystemOf("/proc/self/status", readMounts())).toMatchObject({ type: "proc" });
});
