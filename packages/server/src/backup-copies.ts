import { randomBytes } from "node:crypto";
import { open, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";
import { DirsyncError } from "@dirsync/sdk";
import type { ServerConfig } from "./config.ts";
import { markBackup } from "./store/backup.ts";
import type { Store } from "./store/model.ts";

/** A copy of the whole database, to be read once. */
export interface BackupCopy {
  readonly stream: NodeJS.ReadableStream;
  readonly bytes: number;
  /** ISO 8601. */
  readonly madeAt: string;
}

/** Copies the database while it is served, one copy at a time. */
export class BackupCopies {
  readonly #store: Store;
  readonly #config: ServerConfig;
  #isBusy = false;

  constructor(store: Store, config: ServerConfig) {
    this.#store = store;
    this.#config = config;
  }

  /** Removes what a process has left that died while it copied. */
  async sweep(): Promise<void> {
    const { dataFile } = this.#config;
    if (dataFile === ":memory:") return;
    const left = (await readdir(dirname(dataFile))).filter((name) => name.startsWith(`${basename(dataFile)}.copy-`));
    for (const name of left) await rm(join(dirname(dataFile), name), { force: true });
  }

  /**
   * Makes a copy of one state of the database and hands it out. Requests go on meanwhile. The file has no name any more
   * when this resolves, so that nothing of it is left, whatever happens to the reader.
   * @throws DirsyncError `backup_under_way`; StateError `full` among others
   */
  async make(): Promise<BackupCopy> {
    if (this.#isBusy) {
      const text = "Another backup is being made; wait until it is done.";
      throw new DirsyncError(text, { code: "backup_under_way", retryable: true });
    }
    this.#isBusy = true;
    const file = this.#fileName();
    try {
      const madeAt = new Date(this.#config.runtime.now()).toISOString();
      await (await open(file, "wx", 0o600)).close();
      await this.#store.copyTo(file);
      markBackup(file, madeAt);
      const handle = await open(file, "r");
      const { size } = await handle.stat();
      const stream = handle.createReadStream();
      stream.on("end", () => void this.#note(madeAt));
      return { stream, bytes: size, madeAt };
    } finally {
      await rm(file, { force: true });
      this.#isBusy = false;
    }
  }

  #fileName(): string {
    const { dataFile } = this.#config;
    const beside = dataFile === ":memory:" ? join(tmpdir(), "dirsync-memory") : dataFile;
    return `${beside}.copy-${randomBytes(6).toString("hex")}`;
  }

  async #note(madeAt: string): Promise<void> {
    try {
      await this.#store.write((data) => data.lineage.setLastBackup(madeAt));
    } catch (error) {
      this.#config.runtime.log.warn({ reason: String(error) }, "it could not be noted that a backup was made");
    }
  }
}
