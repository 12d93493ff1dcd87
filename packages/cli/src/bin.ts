import nodeModule from "node:module";
import { version } from "./version.ts";

const lingerMs = 250;

const [first, ...rest] = process.argv.slice(2);
// Asked by scripts and completions all the time, so nothing else is loaded for it.
if (rest.length === 0 && (first === "--version" || first === "-V")) process.stdout.write(`${version}\n`);
else {
  // Node has it from version 22 on; before, and for `--version`, there is nothing to load this for.
  if ("enableCompileCache" in nodeModule) (await import("./compile-cache.ts")).keepCompiled(process.env);
  // For as long as the process lives, because what is written may fail after the command has ended. A reader that goes away (`| head`)
  // shows as an error event; `createOutput` notices it at the next write.
  process.stdout.on("error", () => undefined);
  // Nor must diagnostics that nobody takes any more, or a disk that is full of them, end what is at work.
  process.stderr.on("error", () => undefined);
  // SIGHUP would end it before it listens itself. Nothing has been read yet that would have to be read anew.
  if (first === "tail" && process.stderr.isTTY !== true) process.on("SIGHUP", () => undefined);
  const { run } = await (first === "tail" ? import("./run-tail.ts") : import("./run.ts"));
  process.exitCode = await run(process.argv.slice(2), process.env, process);
  // Whatever is at work now has been given up: a handler that does not end would keep the process alive for ever.
  // What is still to be written to a slow reader is not.
  setInterval(() => {
    if (process.stdout.writableLength + process.stderr.writableLength === 0) process.exit();
  }, lingerMs).unref();
}
