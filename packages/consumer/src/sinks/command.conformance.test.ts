import { randomUUID } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { DirectoryEvent } from "@dirsync/sdk";
import { describe } from "vitest";
import { runningWith } from "../fixtures/processes.ts";
import { replaceFile } from "../fixtures/replace-file.ts";
import { temporaryFolder } from "../fixtures/state-file.ts";
import { commandSink } from "./command.ts";
import { sinkConformance, type SinkRig } from "./conformance.ts";

/** Takes what it reads into a file of its own, named by the time; asks the file `control` what else to do. */
const receiver = `
folder=$1
control() { cat "$folder/control"; }
cat > "$folder/reading-$$"
if [ "$(control)" = hold ]; then
  touch "$folder/held-$$"
  while [ "$(control)" = hold ]; do sleep 0.02; done
fi
case $(control) in
  take) mv "$folder/reading-$$" "$folder/taken-$(date +%s%N)-$$" ;;
  retry) exit 75 ;;
  dead) exit 65 ;;
  halt) exit 78 ;;
esac
`;

function commandRig(batch: boolean): SinkRig {
  const folder = temporaryFolder();
  const instanceId = randomUUID();
  const control = join(folder, "control");
  replaceFile(control, "take");
  const filesOf = (kind: string): readonly string[] =>
    readdirSync(folder)
      .filter((name) => name.startsWith(`${kind}-`))
      .sort();
  const environment = { PATH: process.env["PATH"] ?? "" };
  return {
    sink: commandSink({ command: [receiver, folder], shell: true, batch, environment, instanceId }),
    behave: (behaviour) => replaceFile(control, behaviour),
    taken: () => filesOf("taken").flatMap((name) => eventsIn(join(folder, name))),
    held: () => filesOf("held").length,
    remains: () => Promise.resolve(runningWith(`DIRSYNC_JOURNAL=${instanceId}`).length),
  };
}

function eventsIn(file: string): readonly DirectoryEvent[] {
  const lines = readFileSync(file, "utf8")
    .split("\n")
    .filter((line) => line !== "");
  return lines.map((line) => JSON.parse(line) as DirectoryEvent);
}

// What remains is looked for in /proc.
describe.runIf(process.platform === "linux")("a command for each event", () => {
  sinkConformance(() => commandRig(false));
});

describe.runIf(process.platform === "linux")("a command for each batch", () => {
  sinkConformance(() => commandRig(true), { batches: true });
});
