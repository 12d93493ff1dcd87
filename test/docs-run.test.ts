/**
 * Every program in the documents is run, against a real service, as a reader would run it. What stands behind the language
 * in a block's fence says how:
 *
 * - nothing: it ends by itself, and well;
 * - `runs`: it goes on until it is told to stop;
 * - `serves`: it takes a signed webhook; `serves 500`: it shows a mistake and answers one with that;
 * - `not yet: why`: it needs a call that our server does not have. Once the server has it, the test fails, and the remark goes;
 * - `on …`: on another runtime, in projects/projects.test.ts.
 *
 * A block `text output` behind a program is what that program writes; behind a server, lines among what it writes.
 */
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { signedRequest, testEvent } from "@dirsync/sdk/webhooks/signing";
import { transform } from "esbuild";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { CliProcess, type Exit } from "./support/cli-process.ts";
import { type Company, startCompany } from "./support/company.ts";
import { FaultProxy } from "./support/fault-proxy.ts";
import { freePort } from "./support/free-port.ts";
import { codeBlocks, documents, type CodeBlock } from "./support/markdown.ts";
import { until } from "./support/until.ts";

const root = fileURLToPath(new URL("..", import.meta.url));
const cache = join(root, "test/.cache/docs-run");
const apiKey = "sk_test_documents";
const secret = "whsec_documents";

interface Program extends CodeBlock {
  /** What the document says that it writes; null when it says nothing. */
  readonly output: string | null;
}

let company: Company;
let proxy: FaultProxy;

beforeAll(async () => {
  rmSync(cache, { recursive: true, force: true });
  company = await startCompany(apiKey);
  await company.hire(3);
  // Tells when a program has reached the service.
  proxy = await FaultProxy.start(company.url);
});

afterAll(async () => {
  await proxy.close();
  await company.close();
});

// A test in a document is one of the suite, too (docs.test.ts).
const all = programs().filter(({ note }) => note !== "vitest");

describe("every program in the documents runs as it says", () => {
  test.each(named(all.filter(({ note }) => !note.startsWith("not yet:"))))("%s", async (name, program) => {
    const exit = await run(name, program);
    expect({ code: exit.code, stderr: program.output === null ? errorsIn(exit) : [] }).toEqual({ code: 0, stderr: [] });
    if (program.note === "" && program.output !== null) expect(exit.stdout + exit.stderr).toBe(program.output);
  });

  test.each(named(all.filter(({ note }) => note.startsWith("not yet:"))))("%s: not yet", async (name, program) => {
    const exit = await run(name, program);
    expect(exit.code).toBe(1);
    expect(exit.stderr).toContain("answered 404");
  });
});

describe("(control) a program that is wrong is found", () => {
  const block = { file: "planted.md", line: 1, language: "ts", note: "", output: null };
  const get = 'import { DirectorySync } from "@dirsync/sdk";\nconst client = new DirectorySync();\n';

  test.each([
    ["because it throws", 'throw new Error("planted");'],
    ["because it calls what is not there", 'import { nothing } from "@dirsync/sdk";\nnothing();'],
    ["because the service refuses it", `${get}await client.users.get("x");`],
    ["because its handler does not take a webhook", "export async function POST() { return new Response(); }"],
    [
      "because its function takes the base64 of a webhook for the webhook",
      `import { verify } from "@dirsync/sdk/webhooks";
      export async function handler({ headers, body: payload }) {
        verify({ payload, headers, secret: process.env["WEBHOOK_SECRET"] });
        return { statusCode: 204 };
      }`,
    ],
  ])("%s", async (_name, code) => {
    const exit = await run("planted", { ...block, code });
    expect(exit.code).toBe(1);
    expect(errorsIn(exit)).not.toEqual([]);
  });

  test("because it is no longer true that our server cannot do it", async () => {
    const exit = await run("planted", {
      ...block,
      note: "not yet: planted",
      code: `${get}await client.users.list().page();`,
    });
    expect(exit.code).toBe(0);
  });

  test("because it serves, and refuses what is genuine", async () => {
    const code = `import { createServer } from "node:http";
      createServer((_request, response) => response.writeHead(400).end()).listen(Number(process.env["PORT"]));`;
    await expect(run("planted", { ...block, note: "serves", code })).rejects.toThrow("It answered 400");
  });
});

function named(some: readonly Program[]): readonly (readonly [string, Program])[] {
  return some.map((program) => [`${program.file}:${program.line}`, program]);
}

/** Lines that tell of a failure. */
function errorsIn({ stderr }: Exit): readonly string[] {
  return stderr.split("\n").filter((line) => /^\s+at |Error/.test(line));
}

/** The programs, each with what it is said to write. */
function programs(): readonly Program[] {
  return documents(root).flatMap((file) => {
    const blocks = codeBlocks(root, file);
    return blocks.flatMap((block, index) => {
      const next = blocks[index + 1];
      const isTold = next?.language === "text" && next.note === "output";
      const isOurs = block.language === "ts" && !block.note.startsWith("on ");
      return isOurs ? [{ ...block, output: isTold ? next.code : null }] : [];
    });
  });
}

async function run(name: string, program: Program): Promise<Exit> {
  const folder = join(cache, name.replaceAll(/\W+/g, "-"));
  mkdirSync(folder, { recursive: true });
  const { code } = await transform(withRequest(withService(program.code)), { loader: "ts", format: "esm" });
  writeFileSync(join(folder, "program.mjs"), code);
  for (const [file, source] of modulesOfTheReader(program)) writeFileSync(join(folder, file), source);
  const port = await freePort();
  const process = new CliProcess([], {
    bin: join(folder, "program.mjs"),
    folder,
    environment: { WORKOS_API_KEY: apiKey, WEBHOOK_SECRET: secret, PORT: String(port) },
  });
  try {
    return await follow({ name, program, process, port });
  } catch (error) {
    await process.kill();
    throw error;
  }
}

interface Started {
  readonly name: string;
  readonly program: Program;
  readonly process: CliProcess;
  readonly port: number;
}

/** Sees a program through, as its fence says. */
async function follow(started: Started): Promise<Exit> {
  const { name, process, program } = started;
  const { note } = program;
  const arrived = proxy.arrivals.length;
  if (note.startsWith("serves")) await serveOne(started);
  else if (note === "runs") {
    const check = (): void => mustRun(process);
    await until(() => proxy.arrivals.length > arrived, { what: `${name} to reach the service`, check });
  } else return await process.exit;
  process.signal("SIGTERM");
  const exit = await process.exit;
  // A server of an example has no handler for the signal, and dies of it as it should.
  return exit.signal === "SIGTERM" && note !== "runs" ? { ...exit, code: 0 } : exit;
}

/** Sends one webhook, and waits for what the server has to say about it. */
async function serveOne({ name, program, process, port }: Started): Promise<void> {
  const check = (): void => mustRun(process);
  const status = await until(async () => (await deliver(port)) ?? undefined, { what: `${name} to listen`, check });
  if (status !== (program.note === "serves" ? 204 : 500)) throw new Error(`It answered ${status}: ${process.stderr}`);
  await until(() => linesOf(program.output).every((line) => linesOf(process.stdout + process.stderr).includes(line)), {
    what: `${name} to say what the document says`,
    check,
  });
}

function linesOf(text: string | null): readonly string[] {
  return text === null ? [] : text.split("\n");
}

function mustRun(process: CliProcess): void {
  if (process.hasEnded) throw new Error(`It ended: ${process.stderr}`);
}

/** Status of the answer to a webhook; null while nobody listens. */
async function deliver(port: number): Promise<number | null> {
  const request = await signedRequest(testEvent("dsync.user.deleted"), {
    secret,
    url: `http://127.0.0.1:${port}/webhooks`,
  });
  try {
    return (await fetch(request)).status;
  } catch {
    return null;
  }
}

/** A reader puts the address and the token of a service of their own where the document has an example. */
function withService(code: string): string {
  return code
    .replaceAll("http://127.0.0.1:4400/scim/v2.0/your-directory", company.scimUrl)
    .replaceAll("the directory's bearer token", company.token)
    .replaceAll("http://127.0.0.1:4400", proxy.url)
    .replaceAll("port: 4400", "port: 0")
    .replaceAll("new DirectorySync()", `new DirectorySync({ baseUrl: "${proxy.url}" })`);
}

/** What a framework does with a route handler: one is called with a webhook of the service. */
function withRequest(code: string): string {
  if (code.includes("export async function handler(")) return withInvocations(code);
  if (!code.includes("export async function POST(")) return code;
  return `${code}
    const { signedRequest: signed, testEvent: made } = await import("@dirsync/sdk/webhooks/signing");
    const answer = await POST(await signed(made("dsync.user.deleted"), { secret: ${JSON.stringify(secret)} }));
    if (answer.status !== 204) throw new Error("The handler answered " + answer.status);`;
}

/** What AWS Lambda does with a handler: one is called with a webhook as text, with one in base64, and with a forged one. */
function withInvocations(code: string): string {
  return `${code}
    const { signedRequest: signed, testEvent: made } = await import("@dirsync/sdk/webhooks/signing");
    const event = made("dsync.user.deleted", { data: { first_name: "Zoë" } });
    const call = async (secret, encoding) => {
      const request = await signed(event, { secret });
      const body = Buffer.from(await request.arrayBuffer()).toString(encoding);
      return handler({ headers: Object.fromEntries(request.headers), body, isBase64Encoded: encoding === "base64" });
    };
    const calls = [[${JSON.stringify(secret)}, "utf8"], [${JSON.stringify(secret)}, "base64"], ["whsec_forged", "base64"]];
    const answers = [];
    for (const each of calls) answers.push((await call(...each)).statusCode);
    if (String(answers) !== "204,204,400") throw new Error("The handler answered " + answers);`;
}

/** What a program imports from the reader's own files: functions that do nothing. */
function modulesOfTheReader({ code }: CodeBlock): readonly (readonly [file: string, source: string])[] {
  return [...code.matchAll(/^import \{([^}]+)\} from "\.\/([\w-]+\.[jt]s)";/gm)].map(([, names = "", file = ""]) => {
    const functions = names.split(",").map((name) => `export const ${name.trim()} = async () => undefined;`);
    return [file, `${functions.join("\n")}\n`];
  });
}
