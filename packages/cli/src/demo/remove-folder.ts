import { rmSync } from "node:fs";
import { systemRuntime } from "@dirsync/sdk";

/** Far longer than a hook of the demo takes to end. */
const triesMax = 50;
const restMs = 100;

/**
 * Removes a folder with all that is in it, also while somebody writes there a moment longer: the retries of Node try the folder
 * again, and not what has come into it since.
 * @throws what the file system says after five seconds.
 */
export async function removeFolder(folder: string): Promise<void> {
  for (let tries = 1; ; tries += 1) {
    try {
      return rmSync(folder, { recursive: true, force: true });
    } catch (error) {
      if (tries === triesMax) throw error;
    }
    await systemRuntime.sleep(restMs);
  }
}
