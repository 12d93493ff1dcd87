import { mkdirSync, mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";

/** Path → content. Content that is not a string is written as JSON. */
export type Tree = Readonly<Record<string, unknown>>;

/** Writes the files into a fresh folder outside the repository and returns it. The caller removes it. */
export function temporaryTree(files: Tree): string {
  const root = mkdtempSync(join(tmpdir(), "dirsync-"));
  writeTree(root, files);
  return root;
}

/** Writes the files below a folder, replacing those that exist. */
export function writeTree(root: string, files: Tree): void {
  for (const [path, content] of Object.entries(files)) {
    const file = join(root, path);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, typeof content === "string" ? content : `${JSON.stringify(content, null, 2)}\n`);
  }
}
