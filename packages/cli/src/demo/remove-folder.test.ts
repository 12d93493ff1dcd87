import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { removeFolder } from "./remove-folder.ts";

/** Writes one file after the other for half a second, and makes the folder again where it is gone. */
const writer = `
  const { mkdirSync, writeFileSync } = require("node:fs");
  const untilMs = Date.now() + 500;
  for (let number = 0; Date.now() < untilMs; number += 1) {
    try { writeFileSync(process.argv[1] + "/" + number, ""); } catch { mkdirSync(process.argv[1], { recursive: true }); }
    if (number === 0) process.stdout.write("begun");
  }`;

async function writtenFolder(): Promise<string> {
  const home = mkdtempSync(join(tmpdir(), "dirsync-removal-"));
  const folder = join(home, "folder");
  const child = spawn(process.execPath, ["-e", writer, folder], { stdio: ["ignore", "pipe", "inherit"] });
  onTestFinished(async () => {
    if (child.exitCode === null) await once(child, "exit");
    rmSync(home, { recursive: true, force: true });
  });
  await once(child.stdout, "data");
  return folder;
}

test("a folder is removed in which somebody writes a moment longer", async () => {
  await expect(removeFolder(await writtenFolder())).resolves.toBeUndefined();
});

test("one that is not there is none", async () => {
  const folder = join(tmpdir(), "dirsync-removal-that-never-was");
  await expect(removeFolder(folder)).resolves.toBeUndefined();
  expect(existsSync(folder)).toBe(false);
});
