/**
 * A process of `dirsync` that runs one command line after another, as `bin.ts` runs one: from the built files, in a working folder and
 * with an environment of its own, and on real pipes. See warm-cli.ts, which starts it.
 *
 * A command that leaves anything behind (something that keeps the process alive, a listener, a folder, an exit code) says so, because
 * the next one would run into it.
 */
import { setTimeout as pause } from "node:timers/promises";
import { pathToFileURL } from "node:url";

/**
 * @typedef {object} Program what the built files export
 * @property {(argv: readonly string[], environment: NodeJS.ProcessEnv, streams: NodeJS.Process) => Promise<number>} run
 */

const [distFolder = ""] = process.argv.slice(2);
const home = process.cwd();

for (const stream of [process.stdout, process.stderr]) stream.on("error", () => undefined);
process.on("message", (/** @type {import("./warm-cli.ts").Order} */ order) => void obey(order));
// The test's process is gone, and has nobody left to run a command for.
process.on("disconnect", () => process.exit());

/** @param {import("./warm-cli.ts").Order} order */
async function obey({ args, folder, environment, mark }) {
  process.chdir(folder);
  for (const name of Object.keys(process.env)) Reflect.deleteProperty(process.env, name);
  Object.assign(process.env, environment);
  // Loaded first: what a module keeps for good, it may.
  const file = `${distFolder}/${args[0] === "tail" ? "run-tail.js" : "run.js"}`;
  const program = /** @type {Program} */ (await import(pathToFileURL(file).href));
  const before = belongings();
  const code = await program.run(args, process.env, process);
  const left = await leftSince(before);
  process.chdir(home);
  // Behind everything that the command has written to either.
  for (const stream of [process.stdout, process.stderr]) stream.write(mark);
  process.send?.({ code, left });
}

/**
 * What is there more than before, once what is on its way out has had its time.
 * @param {readonly string[]} before
 */
async function leftSince(before) {
  // Far longer than a socket takes to close, on a machine that has other things to do.
  const deadline = Date.now() + 10_000;
  let left = moreThan(before);
  while (left.length > 0 && Date.now() < deadline) {
    await pause(20);
    left = moreThan(before);
  }
  return left;
}

/** @param {readonly string[]} before */
function moreThan(before) {
  const rest = [...before];
  return belongings().filter((each) => {
    const at = rest.indexOf(each);
    if (at !== -1) rest.splice(at, 1);
    return at === -1;
  });
}

/** What this process has that a command could change. */
function belongings() {
  const { stdin, stdout, stderr } = process;
  /** @type {Record<string, import("node:events").EventEmitter>} */
  const emitters = { process, stdin, stdout, stderr };
  return [
    ...Object.entries(emitters).flatMap(([name, emitter]) =>
      emitter
        .eventNames()
        .flatMap((event) => emitter.listeners(event).map(() => `a listener of ${name} to ${String(event)}`)),
    ),
    ...process.getActiveResourcesInfo().filter((resource) => resource !== "Immediate"),
    `working folder ${process.cwd()}`,
    `exit code ${process.exitCode ?? "none"}`,
    `environment ${JSON.stringify(process.env)}`,
  ];
}
