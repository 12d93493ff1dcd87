/** Every program for `--pipe` or `--exec` in the documents is run under a real tail, and the protocol is held to what they say. */
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { pipeSink, type Sink } from "@dirsync/consumer";
import type { DirectoryEvent } from "@dirsync/sdk";
import { testEvent } from "@dirsync/sdk/webhooks/signing";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { CliProcess, type Exit } from "./support/cli-process.ts";
import { type Company, startCompany } from "./support/company.ts";
import { type CodeBlock, codeBlocks, documents } from "./support/markdown.ts";

const root = fileURLToPath(new URL("..", import.meta.url));
const apiKey = "sk_test_pipe";
const blocks = documents(root).flatMap((file) => codeBlocks(root, file));
const noted = (kind: string): readonly CodeBlock[] => blocks.filter(({ note }) => note === kind);
const [programs, hooks] = [noted("pipe"), noted("exec")];

let company: Company;

beforeAll(async () => {
  company = await startCompany(apiKey);
  await company.hire(5);
});

afterAll(() => company.close());

/** How a program of this language is started, and what its file is called. */
const starters: Readonly<Record<string, readonly [file: string, command: string]>> = {
  python: ["program.py", "python3 program.py"],
  js: ["program.mjs", `'${process.execPath}' program.mjs`],
  sh: ["program.sh", "./program.sh"],
};

describe("every program for --pipe or --exec in the documents takes every event", () => {
  test.each(
    [...programs, ...hooks].map(
      (block) => [`${block.file}:${block.line} ${block.language} ${block.note}`, block] as const,
    ),
  )("%s", async (_place, block) => {
    const { exit, effects } = await run(block);
    expect({ code: exit.code, stderr: exit.code === 0 ? "" : exit.stderr }).toEqual({ code: 0, stderr: "" });
    for (const id of await userIds()) expect(effects).toContain(id);
  });

  test("there is one in each language that has a rule", () => {
    expect(programs.map(({ language }) => language).sort()).toEqual(Object.keys(starters).sort());
    expect(hooks.map(({ language }) => language).sort()).toEqual(["python", "sh"]);
  });

  test.each([
    ["that answers nothing", "cat > taken", /did not answer/],
    ["that echoes what it gets", "exec cat", /neither ack nor nack/],
    ["that does not run", "nonsense", /exited with 127/],
  ])("(control) one %s is found", async (_name, code, message) => {
    const planted = { file: "planted.md", line: 1, language: "sh", note: "pipe", code: `#!/bin/sh\n${code}\n` };
    const { tail } = start(planted, ["--attempts", "1", "--timeout", "500ms"]);
    expect(await tail.output("stderr", /gave an event up/)).toMatch(message);
    await tail.kill();
  });
});

interface Started {
  readonly tail: CliProcess;
  readonly folder: string;
  readonly file: string;
}

function start({ language, code, note }: CodeBlock, flags: readonly string[]): Started {
  const [file, command] = starters[language] ?? ["", ""];
  const folder = mkdtempSync(join(tmpdir(), "dirsync-docs-pipe-"));
  writeFileSync(join(folder, file), code, { mode: 0o755 });
  const state = join(folder, ".state/tail.db");
  const tail = new CliProcess(["tail", `--${note}`, command, ...flags], {
    folder,
    environment: { HOME: folder, DIRSYNC_BASE_URL: company.url, DIRSYNC_API_KEY: apiKey, DIRSYNC_STATE: state },
  });
  onTestFinished(async () => {
    await tail.kill();
    rmSync(folder, { recursive: true, force: true });
  });
  return { tail, folder, file };
}

/** Resolves to how it ended, and to all that the program has written to files, as one text. */
async function run(block: CodeBlock): Promise<{ readonly exit: Exit; readonly effects: string }> {
  const { tail, folder, file } = start(block, ["--once"]);
  const exit = await tail.exit;
  const written = readdirSync(folder, { withFileTypes: true }).filter((entry) => entry.isFile() && entry.name !== file);
  return { exit, effects: written.map(({ name }) => readFileSync(join(folder, name), "latin1")).join("\n") };
}

async function userIds(): Promise<readonly string[]> {
  const log = await company.log();
  return log.filter(({ event }) => event.startsWith("dsync.user.")).map(({ data }) => String(data["id"]));
}

describe("the protocol in the documents", () => {
  const shown = (note: string): readonly Record<string, unknown>[] =>
    blocks
      .filter((block) => block.language === "jsonl" && block.note === note)
      .flatMap(({ code }) => code.trim().split("\n"))
      .map((line) => JSON.parse(line) as Record<string, unknown>);

  test("has the keys of the line that a program gets, in their order", async () => {
    const refusal = `read -r line; printf '{"nack":"event_01","message":%s}\\n' "$(printf %s "$line" | sed 's/[\\\\"]/\\\\&/g; s/^/"/; s/$/"/')"; cat`;
    const failure = await answered(refusal).catch((error: unknown) => String(error));
    const line = JSON.parse(String(failure).slice(String(failure).indexOf("{"))) as Record<string, unknown>;
    const questions = shown("question");
    expect(questions).toHaveLength(1);
    for (const question of questions) expect(Object.keys(line)).toEqual(Object.keys(question));
  });

  test("has answers that are taken as such", async () => {
    const answers = shown("answers");
    expect(answers.length).toBeGreaterThan(1);
    for (const answer of answers) {
      const id = String(answer["ack"] ?? answer["nack"]);
      const outcome = await answered(`read -r line; printf '%s\\n' '${JSON.stringify(answer)}'; cat`, id).then(
        () => null,
        (error: unknown) => error,
      );
      if ("ack" in answer) expect(outcome).toBeNull();
      else {
        expect(outcome).toMatchObject({ verdict: answer["verdict"], retryAfterMs: answer["retry_after_ms"] });
        expect(String(outcome)).toContain(answer["message"]);
      }
    }
  });
});

/** Gives one event with this id to a script. */
async function answered(script: string, id = "event_01"): Promise<void> {
  const environment = { PATH: process.env["PATH"] ?? "" };
  const sink: Sink = pipeSink({ command: [script], shell: true, environment, instanceId: "docs" });
  onTestFinished(() => sink.close?.());
  const event: DirectoryEvent = { ...testEvent("dsync.user.deleted"), id };
  const signal = AbortSignal.timeout(20_000);
  await sink.deliver(event, { number: 1, seq: 1, epoch: 1, lane: "directory:directory_01", replay: false, signal });
}
