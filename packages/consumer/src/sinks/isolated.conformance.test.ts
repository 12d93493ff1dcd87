import { randomUUID } from "node:crypto";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { DirectoryEvent } from "@dirsync/sdk";
import { beforeAll, describe } from "vitest";
import { buildScript } from "../fixtures/children.ts";
import { runningWith } from "../fixtures/processes.ts";
import { replaceFile } from "../fixtures/replace-file.ts";
import { temporaryFolder } from "../fixtures/state-file.ts";
import { type Behaviour, sinkConformance, type SinkRig } from "./conformance.ts";
import { isolatedSink } from "./isolated.ts";

/** Takes what it gets into a file, one event a line; asks the file `control` what else to do. */
const handlers = `
import { appendFileSync, readFileSync } from "node:fs";
import { setTimeout as pause } from "node:timers/promises";
const folder = process.env.FOLDER;
const control = () => readFileSync(folder + "/control", "utf8");
async function take(event, { signal }) {
  if (control() === "hold") {
    appendFileSync(folder + "/held", "x");
    while (control() === "hold") await pause(10, undefined, { signal });
  }
  const verdict = control();
  if (verdict !== "take") {
    throw Object.assign(new Error("not now"), { [Symbol.for("@dirsync/error")]: true, code: "refused", verdict });
  }
  appendFileSync(folder + "/taken", JSON.stringify(event) + "\\n");
}
export default { "*": take };
`;

let host: string;
beforeAll(async () => {
  host = await buildScript("handler-host");
});

function isolatedRig(): SinkRig {
  const folder = temporaryFolder();
  const instanceId = randomUUID();
  writeFileSync(join(folder, "handlers.mjs"), handlers);
  const behave = (behaviour: Behaviour): void => replaceFile(join(folder, "control"), behaviour);
  behave("take");
  const contentOf = (name: string): string =>
    existsSync(join(folder, name)) ? readFileSync(join(folder, name), "utf8") : "";
  const command = [process.execPath, host, join(folder, "handlers.mjs")] as const;
  return {
    sink: isolatedSink({ command, environment: { FOLDER: folder }, instanceId }),
    behave,
    taken: () =>
      contentOf("taken")
        .split("\n")
        .slice(0, -1)
        .map((line) => JSON.parse(line) as DirectoryEvent),
    held: () => contentOf("held").length,
    remains: () => Promise.resolve(runningWith(`DIRSYNC_JOURNAL=${instanceId}`).length),
  };
}

// What remains is looked for in /proc.
describe.runIf(process.platform === "linux")("handlers in a process of their own", () => {
  sinkConformance(isolatedRig);
});
