import { randomBytes } from "node:crypto";
import { existsSync } from "node:fs";
import { type FileHandle, open, readdir, rename, rm, stat } from "node:fs/promises";
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

/**
 * A name beside `path` for what is not complete yet, so that a rename puts it in its place. What a process that was killed
 * has left under such a name is taken away: nobody would look for people's data there.
 * @throws ConfigError when something is at `path` that a rename would destroy
 */
export async function partialFor(path: string): Promise<string> {
  await refuseOther(path);
  const beginning = `.${basename(path)}.`;
  // Where the folder is not there or cannot be read, opening the file says so.
  for (const name of await readdir(dirname(path)).catch(() => [])) {
    const [, pid] = name.startsWith(beginning)
      ? (/^(\d+)\.[0-9a-f]{12}\.partial$/.exec(name.slice(beginning.length)) ?? [])
      : [];
    if (pid !== undefined && !isAtWork(Number(pid))) await rm(join(dirname(path), name), { force: true });
  }
  return join(dirname(path), `${beginning}${process.pid}.${randomBytes(6).toString("hex")}.partial`);
}

/** One of our own number was another process: the first one in every container has the same. */
function isAtWork(pid: number): boolean {
  if (pid === process.pid) return false;
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
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
  const partial = await partialFor(path);
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

/** A folder, a pipe or a device is no file to replace. */
async function refuseOther(path: string): Promise<void> {
  const found = await stat(path).catch(() => null);
  if (found === null || found.isFile()) return;
  const advice = "Name a file; without --out the result goes to standard output.";
  throw new ConfigError(`${path} is there and is no file. ${advice}`, { where: "--out" });
}

/** The error for an output that cannot be written. */
export function unwritable(path: string, cause: unknown): ConfigError {
  // The reason would name a hidden file that nobody asked for.
  const isHomeless = !existsSync(dirname(path));
  const reason = isHomeless
    ? "its folder does not exist; make it first."
    : cause instanceof Error
      ? cause.message
      : String(cause);
  return new ConfigError(`Cannot write ${path}: ${reason}`, { where: "--out", cause });
}
