import { keepCompiled } from "./compile-cache.ts";
import { version } from "./version.ts";

const lingerMs = 250;

const [first, ...rest] = process.argv.slice(2);
// Asked by scripts and completions all the time, so nothing else is loaded for it.
if (rest.length === 0 && (first === "--version" || first === "-V")) process.stdout.write(`${version}\n`);
else {
  keepCompiled(process.env);
  const { run } = await (first === "tail" ? import("./run-tail.ts") : import("./run.ts"));
  process.exitCode = await run(process.argv.slice(2), process.env, process);
  // Whatever is at work now has been given up: a handler that does not end would keep the process alive for ever.
  // What is still to be written to a slow reader is not.
  setInterval(() => {
    if (process.stdout.writableLength + process.stderr.writableLength === 0) process.exit();
  }, lingerMs).unref();
}
