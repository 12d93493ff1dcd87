import { existsSync, statSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { ConfigError } from "@dirsync/sdk";

/** What a config file may be called, wherever it is looked for. */
const configFileNames = ["ts", "mts", "js", "mjs", "json", "yaml", "yml"].map(
  (extension) => `dirsync.config.${extension}`,
);

/** Where to look. */
export interface FindOptions {
  /** The file that was asked for by name; it has to be there. */
  readonly file?: string | undefined;
  readonly folder: string;
  /** User id of this process; undefined where there are none. */
  readonly user?: number | undefined;
}

/**
 * The config file that counts: the one that was named, else the nearest in the folder or above it, else null.
 * @throws ConfigError when it is not there, when there are two, or when somebody else could have put it there.
 */
export function findConfigFile({ file, folder, user }: FindOptions): string | null {
  if (file !== undefined) {
    const path = resolve(folder, file);
    if (!existsSync(path)) throw new ConfigError(`There is no config file at ${path}.`, { where: path });
    refuseOpen(path);
    return path;
  }
  for (let place = resolve(folder); ; place = dirname(place)) {
    const found = configFileNames.map((name) => join(place, name)).filter((path) => existsSync(path));
    if (found.length > 1) {
      throw new ConfigError(`There are two config files: ${found.join(" and ")}. Keep one.`, { where: place });
    }
    const [path] = found;
    if (path !== undefined) {
      refuseOpen(path);
      refuseForeign(path, user);
      return path;
    }
    if (dirname(place) === place) return null;
  }
}

/** Whoever can write to it decides where the key is sent and which programs run. */
function refuseOpen(path: string): void {
  if ((statSync(path).mode & 0o002) === 0) return;
  throw new ConfigError(`${path} can be changed by everybody. Run: chmod o-w ${path}`, { where: path });
}

/** Found and not named: in a folder such as /tmp it may have been put there for us to find. */
function refuseForeign(path: string, user: number | undefined): void {
  const { uid } = statSync(path);
  if (user === undefined || uid === user || uid === 0) return;
  const message = `${path} belongs to another user (${uid}). If it is meant, name it: --config ${path}; else use --no-config.`;
  throw new ConfigError(message, { where: path });
}
