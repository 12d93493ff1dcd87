import { randomBytes } from "node:crypto";
import { type FileHandle, open, rename, rm, stat } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { ConfigError } from "@dirsync/sdk";

/** Where text goes that is worth something only as a whole. */
export interface Destination {
  /** Resolves when more may come. */
  write(text: string): Promise<void>;
  /** Everything has been written: from now on it is there. */
  finish(): Promise<void>;
  /** Nothing of it is to stay. */
  abandon(): Promise<void>;
}

/** Written in pieces of this size, not line by line. */
const pieceCharacters = 65_536;

/** People's data is for whoever asked for it. */
const fileMode = 0o600;

/** A name beside `path` for what is not complete yet, so that a rename puts it in its place. */
export function partialPath(path: string): string {
  return join(dirname(path), `.${basename(path)}.${randomBytes(6).toString("hex")}.partial`);
}

/**
 * A file that is there as a whole or not at all: it takes its name, and the place of an older one, when it is finished.
 * Only its owner may read it, unless `mode` says otherwise.
 * @throws ConfigError when it cannot be made.
 */
export async function outputFile(
  path: string,
  { mode = fileMode }: { readonly mode?: number } = {},
): Promise<Destination> {
  await refuseOther(path);
  const partial = partialPath(path);
  const file = await open(partial, "wx", mode).catch((error: unknown) => {
    throw unwritable(path, error);
  });
  return new OutputFile(file, { partial, path });
}

class OutputFile implements Destination {
  readonly #file: FileHandle;
  readonly #paths: { readonly partial: string; readonly path: string };
  #pending = "";

  constructor(file: FileHandle, paths: { readonly partial: string; readonly path: string }) {
    this.#file = file;
    this.#paths = paths;
  }

  async write(text: string): Promise<void> {
    this.#pending += text;
    if (this.#pending.length >= pieceCharacters) await this.#flush();
  }

  async finish(): Promise<void> {
    await this.#flush();
    await this.#file.sync();
    await this.#file.close();
    await putInPlace(this.#paths.partial, this.#paths.path);
  }

  async abandon(): Promise<void> {
    await this.#file.close();
    await rm(this.#paths.partial, { force: true });
  }

  async #flush(): Promise<void> {
    const text = this.#pending;
    this.#pending = "";
    try {
      await this.#file.writeFile(text);
    } catch (error) {
      throw unwritable(this.#paths.path, error);
    }
  }
}

/** Gives a complete file its name, for good: the folder is written, too. */
export async function putInPlace(partial: string, path: string): Promise<void> {
  await rename(partial, path);
  const folder = await open(dirname(path), "r");
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}

/** @throws ConfigError when something is there that a rename would destroy: a folder, a pipe, a device */
export async function refuseOther(path: string): Promise<void> {
  const found = await stat(path).catch(() => null);
  if (found === null || found.isFile()) return;
  const advice = "Name a file; without --out the result goes to standard output.";
  throw new ConfigError(`${path} is there and is no file. ${advice}`, { where: "--out" });
}

/** The error for an output that cannot be written. */
export function unwritable(path: string, cause: unknown): ConfigError {
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new ConfigError(`Cannot write ${path}: ${reason}`, { where: "--out", cause });
}
