import { statSync } from "node:fs";
import { setTimeout as pause } from "node:timers/promises";
import { moduleFiles } from "../sinks/module-files.ts";

/**
 * Often enough for who has just saved a file. Looked for rather than waited for: what tells of changes does not do so
 * for every file system, those that a container mounts among them.
 */
const lookMs = 300;

/** Calls back whenever one of the modules, or a file that one of them imports, is another than before. */
export async function watchModules(
  modules: () => readonly string[],
  onChange: () => void,
  signal: AbortSignal,
): Promise<void> {
  let before = look(modules());
  while (!signal.aborted) {
    await pause(lookMs, undefined, { signal }).catch(() => undefined);
    const now = look(modules());
    if (now === before || signal.aborted) continue;
    before = now;
    onChange();
  }
}

/** What tells one state of the files from another. */
function look(modules: readonly string[]): string {
  return modules.flatMap(moduleFiles).map(describe).join("\n");
}

function describe(file: string): string {
  const stats = statSync(file, { throwIfNoEntry: false });
  return stats === undefined ? `${file} gone` : `${file} ${stats.mtimeMs} ${stats.size} ${stats.ino}`;
}
