/**
 * Every command in the documents is given to a shell, as a reader would give it, with a real service behind it. The rules
 * below say when a command has done what the document says; a command without a rule is an error.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { DirectorySync } from "@dirsync/sdk";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { binFile } from "./support/cli-process.ts";
import { type Company, startCompany } from "./support/company.ts";
import { freePort } from "./support/free-port.ts";
import { makeApp } from "./support/app-database.ts";
import { directoryCommands } from "./support/directory-commands.ts";
import { codeBlocks, documents } from "./support/markdown.ts";
import { curlProgram, exportsOfHr, jqProgram } from "./support/reader-tools.ts";
import { stateCommands } from "./support/state-commands.ts";
import { until } from "./support/until.ts";

const root = fileURLToPath(new URL("..", import.meta.url));
const apiKey = "sk_test_shell";
/** One event each, behind that of the directory itself. */
const hired = 3;
const blocks = documents(root).flatMap((file) => codeBlocks(root, file));

let company: Company;
let folder: string;

beforeAll(async () => {
  company = await startCompany(apiKey);
  await company.hire(hired);
  folder = mkdtempSync(join(tmpdir(), "dirsync-shell-"));
  for (const [path, content, mode] of filesOfTheReader()) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), content, { mode });
  }
  makeApp(join(folder, "app.db"));
});

afterAll(async () => {
  await company.close();
  rmSync(folder, { recursive: true, force: true });
});

/** Does what a command of the documents is there for; throws when that does not come about. */
type Rule = (command: string) => Promise<void>;
const elsewhere: Rule = async () => undefined;

const rules: readonly (readonly [RegExp, Rule])[] = [
  // What CI itself does; docs.test.ts holds it against the scripts of the workspace.
  [/^npm (?:start|test|run [\w:]+)$/, elsewhere],
  // Installed from their tarballs in e2e/packed.test.ts and projects/projects.test.ts, which also runs the demo.
  [/^(?:dirsync demo|npm install (?:--global )?@dirsync\/(?:cli|sdk))$/, elsewhere],
  // The reader has a key, and the test too.
  [/^export WORKOS_API_KEY=sk_…$/, elsewhere],
  // The handlers are about people.
  [
    /^dirsync tail --handlers \.\/directory-handlers\.ts$/,
    async (command) => delivers(command, hired, () => lines("accounts")),
  ],
  [/^dirsync tail --exec '\.\/on-event\.sh'$/, async (command) => delivers(command, 1 + hired, () => lines("hooked"))],
  [
    /^dirsync tail --stdout \| jq \.event$/,
    async (command) => delivers(command, 1 + hired, ({ stdout }) => stdout.match(/^"dsync\..+"$/gm) ?? []),
  ],
  ...stateCommands.map(([each, what]) => [each, async (command: string) => void (await says(command, what))] as const),
  // One run of it; e2e/torture.test.ts makes the others.
  [
    /^dirsync torture --handlers \.\/directory-handlers\.ts$/,
    async (command) => void (await says(`${command} --runs 1`, /^lost 0 · duplicated 0 · out of order 0 · other 0 /)),
  ],
  [
    /^dirsync export --to (?:csv|sqlite) --out people/,
    async (command) => void (await says(command, /: 1 directory, 3 users.*\n$/)),
  ],
  [
    /^dirsync export \| jq \.object$/,
    async (command) => void (await says(command, /^"directory"\n(?:"directory_user"\n){3}$/)),
  ],
  [
    /^dirsync export --dry-run$/,
    async (command) => void (await says(command, /^1 directory with 3 users and 0 groups: /)),
  ],
  [
    /^dirsync diff --service .*--sqlite app\.db /,
    async (command) => void (await says(command, /\n3 missing in the app, 1 in the app alone\.\n$/)),
  ],
  [
    /^dirsync types --service --out directory\.d\.ts(?: --check)?$/,
    async (command) => void (await says(command, /^directory\.d\.ts has the types/)),
  ],
  // Against a directory of its own; e2e has servers and files that are wrong.
  ...directoryCommands.map(([each, what]) => [each, async (command: string) => connected(command, what)] as const),
  [
    /^dirsync reconcile --plan$/,
    async (command) => void (await says(command, /^Plan: \d+ to create, \d+ to change, \d+ to delete\.$/m)),
  ],
  [/^dirsync approve$/, async (command) => void (await says(command, /^No deletions wait\.\n$/))],
  [/^dirsync backfill /, async (command) => void (await says(command, /^scan_\w+ is complete: /))],
  [/^dirsync webhooks (?:create https|list$)/, async (command) => void (await says(command, /^(?:Made we_|ID )/))],
  [/^dirsync serve$/, async (command) => serves(command)],
  [/^curl /, elsewhere], // Against the service that `dirsync serve` has started.
];

/** Each command, and where it stands. */
const commands = new Map<string, readonly string[]>();
for (const { file, code } of blocks.filter(({ language, note }) => language === "sh" && note === "")) {
  for (const command of commandsOf(code)) commands.set(command, [...(commands.get(command) ?? []), file]);
}

describe("every command in the documents does what it is there for", () => {
  const shown = [...commands].map(([command, files]) => [command, files.join(" and ")] as const);
  test.each(shown)("%s in %s", { timeout: 90_000 }, async (command) => {
    await expect(ruleOf(command)(command)).resolves.toBeUndefined();
  });

  test("(control) a command without a rule is an error", () => {
    expect(() => ruleOf("dirsync tail --handlers ./other.ts")).toThrow("No rule");
  });

  test("(control) a command that fails is an error", async () => {
    await expect(says("dirsync statuses", /^/)).rejects.toThrow("unknown command");
  });
});

describe("every config file in the documents is one that dirsync goes by", () => {
  const files = blocks.filter(({ language }) => language === "yaml");
  test.each(files.map((block) => [`${block.file}:${block.line}`, block.code] as const))("%s", async (_place, code) => {
    writeFileSync(join(folder, "shown.yaml"), code.replaceAll("/run/secrets/", `${folder}/`));
    const names = [...code.matchAll(/^ {2}(\w+):$/gm)].map(([, name = ""]) => name);
    expect(names.length).toBeGreaterThan(0);
    const written = await says("dirsync config --config shown.yaml", /./);
    for (const name of names) expect(written).toContain(name);
  });

  test("(control) a key that dirsync does not know is an error", async () => {
    writeFileSync(join(folder, "shown.yaml"), "sinks: { audit: { exek: ./audit.sh } }\n");
    await expect(says("dirsync config --config shown.yaml", /./)).rejects.toThrow("exek");
  });
});

function ruleOf(command: string): Rule {
  const rule = rules.find(([pattern]) => pattern.test(command));
  if (rule === undefined) throw new Error(`No rule says when this has done what it should: ${command}`);
  return rule[1];
}

/** The commands of a block, each on one line and without the remark behind it. */
function commandsOf(code: string): readonly string[] {
  return code
    .replaceAll(/\\\n\s*/g, "")
    .split("\n")
    .map((line) => line.replace(/\s+#.*$/, "").trim())
    .filter((line) => line !== "");
}

/** What the reader has: tools, handlers as the README shows them, a hook and a key. The tools know what is used of them. */
function filesOfTheReader(): readonly (readonly [path: string, content: string, mode: number])[] {
  const handlers = blocks.find(({ code }) => code.startsWith("// directory-handlers.ts"))?.code ?? "";
  const accounts = `import { appendFileSync } from "node:fs";
    const note = (what) => appendFileSync("accounts", JSON.stringify(what) + "\\n");
    export const [saveAccount, removeAccess] = [note, note];`;
  const node = JSON.stringify(process.execPath);
  const tool = (file: string): string => `#!/bin/sh\nexec ${node} ${JSON.stringify(file)} "$@"\n`;
  return [
    ["bin/dirsync", tool(binFile).replace("exec", () => "echo $$ > dirsync.pid; exec"), 0o755],
    ["bin/jq", tool(join(folder, "bin/jq.mjs")), 0o755],
    ["bin/jq.mjs", jqProgram, 0o644],
    ["bin/curl", tool(join(folder, "bin/curl.mjs")), 0o755],
    ["bin/curl.mjs", curlProgram, 0o644],
    ["directory-handlers.ts", handlers, 0o644],
    ["accounts.ts", accounts, 0o644],
    ["on-event.sh", '#!/bin/sh\necho "$DIRSYNC_EVENT_ID" >> hooked\n', 0o755],
    ["workos-key", `${apiKey}\n`, 0o600],
    ...exportsOfHr,
  ];
}

function lines(file: string): readonly string[] {
  try {
    return readFileSync(join(folder, file), "utf8").trimEnd().split("\n");
  } catch {
    return [];
  }
}

/** A command in a shell, as a process group of its own. */
class Shell {
  stdout = "";
  stderr = "";
  readonly #child: ChildProcess;
  readonly #ended: Promise<unknown[]>;

  constructor(command: string, environment: Readonly<Record<string, string>> = {}) {
    this.#child = spawn("/bin/bash", ["-c", `set -o pipefail; ${command}`], {
      cwd: folder,
      detached: true,
      env: {
        PATH: `${join(folder, "bin")}:${process.env["PATH"] ?? ""}`,
        HOME: folder,
        DIRSYNC_BASE_URL: company.url,
        WORKOS_API_KEY: apiKey,
        ...environment,
      },
    });
    this.#child.stdout?.setEncoding("utf8").on("data", (text: string) => (this.stdout += text));
    this.#child.stderr?.setEncoding("utf8").on("data", (text: string) => (this.stderr += text));
    this.#ended = once(this.#child, "close");
  }

  /** Throws when it has ended. */
  readonly mustRun = (): void => {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) throw new Error(`It ended: ${this.stderr}`);
  };

  /** Resolves when it has ended well; rejects with what it wrote otherwise. */
  async end(): Promise<void> {
    const [code] = await this.#ended;
    if (code !== 0) throw new Error(`It ended with ${String(code)}: ${this.stdout}${this.stderr}`);
  }

  /** Ends whatever is left of it. */
  kill(): void {
    const { pid, exitCode, signalCode } = this.#child;
    if (pid !== undefined && exitCode === null && signalCode === null) process.kill(-pid, "SIGKILL");
  }
}

/** As a service manager does: the shell and what it pipes into are none of its business. */
function stopDirsync(): void {
  process.kill(Number(readFileSync(join(folder, "dirsync.pid"), "utf8")), "SIGTERM");
}

/** Runs a command that goes on until it has delivered the whole log, and is then stopped. */
async function delivers(
  command: string,
  count: number,
  delivered: (shell: Shell) => readonly unknown[],
): Promise<void> {
  const shell = new Shell(command);
  try {
    await until(() => delivered(shell).length === count, { what: "the whole log", check: shell.mustRun });
    stopDirsync();
    await shell.end();
  } finally {
    shell.kill();
  }
}

/** Runs a command to its end and gives what it wrote. */
async function says(
  command: string,
  what: RegExp,
  environment: Readonly<Record<string, string>> = {},
): Promise<string> {
  const shell = new Shell(command, environment);
  await shell.end();
  expect(shell.stdout).toMatch(what);
  return shell.stdout;
}

/** Runs a command to its end with a fresh directory that its variables name; it and what was made are gone for the next one. */
async function connected(command: string, what: RegExp): Promise<void> {
  const { directories } = new DirectorySync({ baseUrl: company.url, apiKey });
  const idsNow = async () => (await directories.list().toArray({ max: 100 })).map(({ id }) => id);
  const before = await idsNow();
  const { scim, ...fresh } = await directories.create({ name: "Fresh", type: "okta scim v2.0" });
  const tokenFile = join(folder, "scim-token");
  // Who makes a directory has no token yet.
  if (command.includes("directories create")) rmSync(tokenFile, { force: true });
  else writeFileSync(tokenFile, scim.bearer_token, { mode: 0o600 });
  const ids = { DIRECTORY_ID: fresh.id, ORGANIZATION_ID: fresh.organization_id ?? "" };
  await says(command, what, { SCIM_URL: scim.base_url, ...ids });
  for (const made of await idsNow()) if (!before.includes(made)) await directories.delete(made);
}

/** Starts the service, and gives it the command that the document has for it. */
async function serves(command: string): Promise<void> {
  const [curl = "", ...others] = [...commands.keys()].filter((each) => each.startsWith("curl "));
  expect(others).toEqual([]);
  expect(curl).toContain("http://127.0.0.1:4400/");
  const address = `http://127.0.0.1:${await freePort()}`;
  const shell = new Shell(`${command} --port ${new URL(address).port}`);
  try {
    const key = await until(() => /sk_dev_[\w-]+/.exec(shell.stdout)?.[0], { what: "a key", check: shell.mustRun });
    const environment = { DIRSYNC_API_KEY: key };
    const answer = await says(curl.replace("http://127.0.0.1:4400", address), /^\{.*\}$/, environment);
    expect(JSON.parse(answer)).toMatchObject({
      name: "Acme",
      scim: { bearer_token: expect.stringMatching(/./) as unknown },
    });
    stopDirsync();
    await shell.end();
  } finally {
    shell.kill();
  }
}
