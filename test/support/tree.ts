import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { onTestFinished } from "vitest";

/** Path → content. Content that is not a string is written as JSON. */
export type Tree = Readonly<Record<string, unknown>>;

/** Writes the files into a fresh folder outside the repository, removed when the test is over. Returns the folder. */
export function temporaryTree(files: Tree): string {
  const root = mkdtempSync(join(tmpdir(), "dirsync-"));
  onTestFinished(() => {
    rmSync(root, { recursive: true, force: true });
  });
  writeTree(root, files);
  return root;
}

/** Writes the files below `root`, replacing those that exist. */
export function writeTree(root: string, files: Tree): void {
  for (const [path, content] of Object.entries(files)) {
    const file = join(root, path);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, typeof content === "string" ? content : `${JSON.stringify(content, null, 2)}\n`);
  }
}
