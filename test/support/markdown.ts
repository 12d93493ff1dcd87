import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

/** A fenced block of a document. */
export interface CodeBlock {
  readonly file: string;
  /** Line of its first line of code, counted from 1. */
  readonly line: number;
  readonly language: string;
  /** What stands behind the language in the opening fence. */
  readonly note: string;
  readonly code: string;
}

/** A link to a file of the repository, as written. */
export interface Link {
  readonly file: string;
  readonly line: number;
  readonly target: string;
}

/** Every document a reader may open, relative to `root`. */
export function documents(root: string): readonly string[] {
  const packages = readdirSync(join(root, "packages")).map((name) => `packages/${name}/README.md`);
  const pages = readdirSync(join(root, "docs"), { recursive: true, encoding: "utf8" }).map((name) => `docs/${name}`);
  const top = readdirSync(root).filter((name) => name.endsWith(".md"));
  return [...top, ...packages, ...pages.filter((name) => name.endsWith(".md"))]
    .map((file) => file.replaceAll("\\", "/"))
    .filter((file) => existsSync(join(root, file)));
}

/** The fenced blocks of a document, in order. */
export function codeBlocks(root: string, file: string): readonly CodeBlock[] {
  const blocks: CodeBlock[] = [];
  const text = readFileSync(join(root, file), "utf8");
  for (const match of text.matchAll(/^```([a-z]*)[ \t]*(.*)\n([\s\S]*?)^```[ \t]*$/gm)) {
    const [, language = "", note = "", code = ""] = match;
    blocks.push({ file, line: lineAt(text, match.index) + 1, language, note, code });
  }
  return blocks;
}

/** Links that point into the repository: no address, no anchor inside the same page. */
export function relativeLinks(root: string, file: string): readonly Link[] {
  const text = readFileSync(join(root, file), "utf8").replaceAll(/^```[\s\S]*?^```/gm, (block) =>
    block.replaceAll(/[^\n]/g, " "),
  );
  return [...text.matchAll(/\]\(([^)\s]+)\)/g)]
    .map((match) => ({ file, line: lineAt(text, match.index), target: match[1] ?? "" }))
    .filter(({ target }) => !/^(?:[a-z]+:|#)/.test(target));
}

function lineAt(text: string, index: number): number {
  return text.slice(0, index).split("\n").length;
}
