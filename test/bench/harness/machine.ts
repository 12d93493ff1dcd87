import { createRequire } from "node:module";
import { cpus, loadavg, release, totalmem, type } from "node:os";
import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";

/** Where and with what a run was made. */
export interface Machine {
  readonly date: string;
  readonly node: string;
  readonly system: string;
  readonly processor: string;
  /** Work that waited for a processor when the run began, over one minute. Above the number of processors, others were busy too. */
  readonly load: number;
  readonly versions: Readonly<Record<string, string>>;
}

/** This machine, now, with the versions of the packages that are compared. */
export function describeMachine(packages: readonly string[]): Machine {
  const processors = cpus();
  const memoryGib = Math.round(totalmem() / 2 ** 30);
  return {
    date: new Date().toISOString(),
    node: process.version,
    system: `${type()} ${release()}`,
    processor: `${processors.length} × ${processors[0]?.model.trim() ?? "unknown"}, ${memoryGib} GiB`,
    load: loadavg()[0] ?? 0,
    versions: Object.fromEntries(packages.map((name) => [name, versionOf(name)])),
  };
}

/** The manifest itself is often no export of its package, so it is looked for from the package's entry upwards. */
function versionOf(name: string): string {
  let folder = dirname(createRequire(import.meta.url).resolve(name));
  for (;;) {
    try {
      const manifest = JSON.parse(readFileSync(join(folder, "package.json"), "utf8")) as Record<string, unknown>;
      if (typeof manifest["version"] === "string") return manifest["version"];
    } catch {
      // Not the top of the package yet.
    }
    const parent = dirname(folder);
    if (parent === folder) throw new Error(`${name} has no manifest.`);
    folder = parent;
  }
}
