import { randomUUID } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { DirectoryEvent } from "@dirsync/sdk";
import { describe } from "vitest";
import { runningWith } from "../fixtures/processes.ts";
import { replaceFile } from "../fixtures/replace-file.ts";
import { temporaryFolder } from "../fixtures/state-file.ts";
import { type Behaviour, sinkConformance, type SinkRig } from "./conformance.ts";
import { pipeSink } from "./pipe.ts";

/** Takes what it reads into a file, one event a line; asks the file `control` what else to do. */
const receiver = `
import { appendFileSync, readFileSync } from "node:fs";
import { createInterface } from "node:readline";
import { setTimeout as pause } from "node:timers/promises";
const folder = process.argv[1];
const control = () => readFileSync(folder + "/control", "utf8");
const say = (answer) => process.stdout.write(JSON.stringify(answer) + "\\n");
async function take({ id, event }) {
  if (control() === "hold") {
    appendFileSync(folder + "/held", "x");
    while (control() === "hold") await pause(10);
  }
  const verdict = control();
  if (verdict !== "take") return say({ nack: id, verdict, message: "not now" });
  appendFileSync(folder + "/taken", JSON.stringify(event) + "\\n");
  say({ ack: id });
}
createInterface({ input: process.stdin, crlfDelay: Infinity }).on("line", (line) => void take(JSON.parse(line)));
`;

function pipeRig(): SinkRig {
  const folder = temporaryFolder();
  const instanceId = randomUUID();
  const behave = (behaviour: Behaviour): void => replaceFile(join(folder, "control"), behaviour);
  behave("take");
  const contentOf = (name: string): string =>
    existsSync(join(folder, name)) ? readFileSync(join(folder, name), "utf8") : "";
  const command = [process.execPath, "--input-type=module", "-e", receiver, folder] as const;
  const linesOf = (name: string): readonly string[] => contentOf(name).split("\n").slice(0, -1);
  return {
    sink: pipeSink({ command, environment: {}, instanceId }),
    behave,
    taken: () => linesOf("taken").map((line) => JSON.parse(line) as DirectoryEvent),
    held: () => contentOf("held").length,
    remains: () => Promise.resolve(runningWith(`DIRSYNC_JOURNAL=${instanceId}`).length),
  };
}

// What remains is looked for in /proc.
describe.runIf(process.platform === "linux")("a program that keeps running", () => {
  sinkConformance(pipeRig);
});
