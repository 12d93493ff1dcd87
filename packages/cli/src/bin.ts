import { version } from "./version.ts";

const [first, ...rest] = process.argv.slice(2);
// Asked by scripts and completions all the time, so nothing else is loaded for it.
if (rest.length === 0 && (first === "--version" || first === "-V")) process.stdout.write(`${version}\n`);
else {
  const { run } = await import("./run.ts");
  process.exitCode = await run(process.argv.slice(2), process.env, process);
}
