import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** A fresh empty folder. `atEnd` is handed what removes it: `onTestFinished` or `afterAll`. */
export function temporaryFolder(atEnd: (remove: () => void) => void): string {
  const folder = mkdtempSync(join(tmpdir(), "dirsync-"));
  atEnd(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}
