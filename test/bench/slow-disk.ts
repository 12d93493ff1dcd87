/**
 * A disk that takes its time: each `fsync` and `fdatasync` of a process takes 2 ms longer than it does, as it would on
 * network storage, or on a disk without a cache that survives a power cut. For that, a library of a few lines is compiled and
 * loaded into the process before the C library.
 */
import { spawnSync } from "node:child_process";
import { closeSync, fsyncSync, mkdtempSync, openSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

/** How much longer each takes. */
const lateMs = 2;

const source = `
#define _GNU_SOURCE
#include <dlfcn.h>
#include <time.h>
static int late(const char *name, int fd) {
  int (*next)(int) = (int (*)(int)) dlsym(RTLD_NEXT, name);
  struct timespec wait = { 0, ${lateMs} * 1000000L };
  nanosleep(&wait, 0);
  return next(fd);
}
int fsync(int fd) { return late("fsync", fd); }
int fdatasync(int fd) { return late("fdatasync", fd); }
`;

/** True where such a library can be made: on Linux, with a C compiler. */
export function canSlowDisk(): boolean {
  return process.platform === "linux" && spawnSync("cc", ["--version"], { stdio: "ignore" }).status === 0;
}

/** Makes the library, beside the benchmarks as they were built for this run, and says how a process gets it. */
export function slowDisk(): Readonly<Record<string, string>> {
  const library = fileURLToPath(new URL("slow-disk.so", import.meta.url));
  const made = spawnSync("cc", ["-shared", "-fPIC", "-x", "c", "-o", library, "-", "-ldl"], { input: source });
  if (made.status !== 0) throw new Error(`cc could not make the slow disk: ${String(made.stderr)}`);
  return { LD_PRELOAD: library };
}

/** @throws where this process has a disk as it is. */
export function checkSlowDisk(): void {
  const folder = mkdtempSync(join(tmpdir(), "dirsync-bench-"));
  try {
    const file = openSync(join(folder, "probe"), "w");
    const beganMs = performance.now();
    fsyncSync(file);
    const tookMs = performance.now() - beganMs;
    closeSync(file);
    if (tookMs < lateMs) throw new Error(`An fsync took ${tookMs} ms, and not ${lateMs} ms more than it does.`);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
