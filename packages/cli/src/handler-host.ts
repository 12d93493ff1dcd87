/**
 * The process that runs the handlers of a sink. Arguments: the module, the folder for compiled copies, and `check` to
 * load it only, say on descriptor 3 what is wrong with it, and end.
 */
import { writeSync } from "node:fs";
import { serveHandlers } from "@dirsync/consumer/host";
import { loadHandlers } from "./sinks/handler-module.ts";

const [file = "", cacheFolder = "", task] = process.argv.slice(2);

if (task === "check") {
  const mistake = await loadHandlers(file, cacheFolder).then(
    () => null,
    (error: unknown) => (error instanceof Error ? error.message : String(error)),
  );
  writeSync(3, JSON.stringify({ mistake }));
  // Whatever the module has opened does not matter: it was only looked at.
  process.exit(0);
}
await serveHandlers(() => loadHandlers(file, cacheFolder));
