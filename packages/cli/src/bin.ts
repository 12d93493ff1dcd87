import { version } from "./version.ts";

const lingerMs = 250;

/**
 * How many bytes of WebAssembly, roughly, run before V8 compiles them once more, for speed. Undici's parser comes to V8's
 * own bound, 1.8 million in Node 20, within the first answer, and that compiler takes 80 ms of a processor: more than a
 * command that asks a few times ever gets back. A tail comes to this one after some hundred answers.
 */
const wasmTieringBudgetBytes = 1_000_000_000;

const [first, ...rest] = process.argv.slice(2);
// Asked by scripts and completions all the time, so nothing else is loaded for it.
if (rest.length === 0 && (first === "--version" || first === "-V")) process.stdout.write(`${version}\n`);
else {
  const { setFlagsFromString } = await import("node:v8");
  setFlagsFromString(`--wasm-tiering-budget=${wasmTieringBudgetBytes}`);
  const { run } = await import("./run.ts");
  process.exitCode = await run(process.argv.slice(2), process.env, process);
  // Whatever is at work now has been given up: a handler that does not end would keep the process alive for ever.
  // What is still to be written to a slow reader is not.
  setInterval(() => {
    if (process.stdout.writableLength + process.stderr.writableLength === 0) process.exit();
  }, lingerMs).unref();
}
