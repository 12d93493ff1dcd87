/**
 * Every program in the documents is run, against a real service, as a reader would run it. What stands behind the language
 * in a block's fence says how: nothing, it ends by itself; `serves`, it takes a signed webhook; `runs`, it goes on until it
 * is told to stop. A block `text output` behind a program is what that program writes.
 */
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { once } from "node:events";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { signedRequest, testEvent } from "@dirsync/sdk/webhooks/signing";
import { transform } from "esbuild";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { CliProcess, type Exit } from "./support/cli-process.ts";
import { type Company, startCompany } from "./support/company.ts";
import { FaultProxy } from "./support/fault-proxy.ts";
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

describe("every program in the documents runs as it says", () => {
  test.each(programs().map((program) => [`${program.file}:${program.line}`, program] as const))(
    "%s",
    async (name, program) => {
      const exit = await run(name.replaceAll(/\W+/g, "-"), program);
      expect({ code: exit.code, stderr: exit.stderr.split("\n").filter((line) => /^\s+at |Error/.test(line)) }).toEqual(
        { code: 0, stderr: [] },
      );
      expect(program.output === null ? "" : `${exit.stdout}${exit.stderr}`).toBe(program.output ?? "");
    },
  );
});

describe("(control) a program that is wrong is found", () => {
  const block = { file: "planted.md", line: 1, language: "ts", note: "", output: null };

  test.each([
    ["because it throws", 'throw new Error("planted");'],
    ["because it calls what is not there", 'import { nothing } from "@dirsync/sdk";\nnothing();'],
    [
      "because the service refuses it",
      'import { DirectorySync } from "@dirsync/sdk";\nawait new DirectorySync().users.get("x");',
    ],
  ])("%s", async (_name, code) => {
    const exit = await run("planted", { ...block, code });
    expect(exit.code).toBe(1);
    expect(exit.stderr).toMatch(/Error/);
  });
});

/** The programs, each with what it is said to write. */
function programs(): readonly Program[] {
  return documents(root).flatMap((file) => {
    const blocks = codeBlocks(root, file);
    return blocks.flatMap((block, index) => {
      const next = blocks[index + 1];
      const isTold = next?.language === "text" && next.note === "output";
      const isProgram = ["ts", "js"].includes(block.language) && !block.note.startsWith("no-run:");
      return isProgram ? [{ ...block, output: isTold ? next.code : null }] : [];
    });
  });
}

async function run(name: string, program: Program): Promise<Exit> {
  const folder = join(cache, name);
  mkdirSync(folder, { recursive: true });
  const { code } = await transform(withRequest(withService(program.code)), { loader: "ts", format: "esm" });
  writeFileSync(join(folder, "program.mjs"), code);
  for (const [file, source] of modulesOfTheReader(program)) writeFileSync(join(folder, file), source);
  const port = await freePort();
  const started = proxy.arrivals.length;
  const process = new CliProcess([], {
    bin: join(folder, "program.mjs"),
    folder,
    environment: { WORKOS_API_KEY: apiKey, WEBHOOK_SECRET: secret, PORT: String(port) },
  });
  if (program.note === "serves") {
    await until(async () => (await deliver(port)) === 204, {
      what: `${name} to take a webhook`,
      check: () => mustRun(process),
    });
  }
  if (program.note === "runs") {
    await until(() => proxy.arrivals.length > started, {
      what: `${name} to reach the service`,
      check: () => mustRun(process),
    });
  }
  if (program.note === "") return await process.exit;
  process.signal("SIGTERM");
  const exit = await process.exit;
  // A server of an example has no handler for the signal, and dies of it as it should.
  return exit.signal === "SIGTERM" && program.note === "serves" ? { ...exit, code: 0 } : exit;
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
  if (!code.includes("export async function POST(")) return code;
  return `${code}
    const { signedRequest: signed, testEvent: made } = await import("@dirsync/sdk/webhooks/signing");
    const answer = await POST(await signed(made("dsync.user.deleted"), { secret: ${JSON.stringify(secret)} }));
    if (answer.status !== 204) throw new Error("The handler answered " + answer.status);`;
}

/** What a program imports from the reader's own files: functions that do nothing. */
function modulesOfTheReader({ code }: CodeBlock): readonly (readonly [file: string, source: string])[] {
  return [...code.matchAll(/^import \{([^}]+)\} from "\.\/([\w-]+\.[jt]s)";/gm)].map(([, names = "", file = ""]) => {
    const functions = names.split(",").map((name) => `export const ${name.trim()} = async () => undefined;`);
    return [file, `${functions.join("\n")}\n`];
  });
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  server.close();
  await once(server, "close");
  return typeof address === "object" && address !== null ? address.port : 0;
}
