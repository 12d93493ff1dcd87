import { chmodSync, chownSync, existsSync, mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { keepCompiled } from "./compile-cache.ts";

let home = "";
beforeEach(() => {
  home = realpathSync(mkdtempSync(join(tmpdir(), "dirsync-home-")));
});
afterEach(() => {
  rmSync(home, { recursive: true, force: true });
});

/** The folders Node was told to keep compiled code in. */
function foldersFor(environment: Readonly<Record<string, string>>): readonly string[] {
  const folders: string[] = [];
  keepCompiled(environment, (folder) => folders.push(folder));
  return folders;
}

test("compiled code is kept in a folder that only its owner can write to", () => {
  const folder = join(home, ".cache", "dirsync", "compiled");
  expect(foldersFor({ HOME: home })).toEqual([folder]);
  expect(existsSync(folder)).toBe(true);
  chmodSync(folder, 0o777);
  expect(foldersFor({ HOME: home })).toEqual([]);
});

test("the folder for what is cached is taken where the environment names one", () => {
  const cache = join(home, "cache");
  mkdirSync(cache);
  expect(foldersFor({ HOME: "/nowhere", XDG_CACHE_HOME: cache })).toEqual([join(cache, "dirsync", "compiled")]);
});

test("a folder around it that others may write to keeps compiled code out", () => {
  mkdirSync(join(home, ".cache", "dirsync"), { recursive: true });
  chmodSync(join(home, ".cache", "dirsync"), 0o777);
  expect(foldersFor({ HOME: home })).toEqual([]);
});

test.runIf(process.geteuid?.() === 0)("the folder of somebody else is left alone, also by root", () => {
  mkdirSync(join(home, ".cache", "dirsync"), { recursive: true, mode: 0o700 });
  chownSync(join(home, ".cache", "dirsync"), 12_345, 12_345);
  expect(foldersFor({ HOME: home })).toEqual([]);
});

test("what Node is told about its cache by variables of its own is left to it", () => {
  expect(foldersFor({ HOME: home, NODE_COMPILE_CACHE: "/elsewhere" })).toEqual([]);
  expect(foldersFor({ HOME: home, NODE_DISABLE_COMPILE_CACHE: "1" })).toEqual([]);
  expect(existsSync(join(home, ".cache"))).toBe(false);
});

test("a start goes on without a cache where there is no home, no place for it, or Node refuses", () => {
  const file = join(home, "file");
  writeFileSync(file, "");
  expect(foldersFor({ HOME: join(home, "not", "there") })).toEqual([]);
  expect(foldersFor({ XDG_CACHE_HOME: file })).toEqual([]);
  expect(foldersFor({ HOME: "/proc" })).toEqual([]);
  expect(existsSync(join(home, "not"))).toBe(false);
  const refuse = (): never => {
    throw new Error("no");
  };
  expect(() => keepCompiled({ HOME: home }, refuse)).not.toThrow();
});

test("a Node that keeps nothing is asked for nothing, and no folder is made", () => {
  keepCompiled({ HOME: home }, null);
  expect(existsSync(join(home, ".cache"))).toBe(false);
});
