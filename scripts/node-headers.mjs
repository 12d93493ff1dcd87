// Where Node's own headers lie, if they came along with it, as they do with its archives, nvm, fnm and most packages.
// A native module that has to be compiled then needs no download from nodejs.org, which a firewall may block.
import { readFileSync, realpathSync } from "node:fs";
import { dirname, join } from "node:path";

/**
 * The folder to pass as `npm_config_nodedir`; null when there are no headers, or they are of another version.
 * @param {{ execPath: string, version: string }} node
 * @returns {string | null}
 */
export function nodeHeaders({ execPath, version }) {
  try {
    const folder = dirname(dirname(realpathSync(execPath)));
    const header = readFileSync(join(folder, "include/node/node_version.h"), "utf8");
    const parts = ["MAJOR", "MINOR", "PATCH"].map(
      (part) => new RegExp(`NODE_${part}_VERSION (\\d+)`).exec(header)?.[1],
    );
    return `v${parts.join(".")}` === version ? folder : null;
  } catch {
    return null;
  }
}
