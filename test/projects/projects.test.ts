/** The packed SDK in the hands of its users: one program, on every runtime and through every compiler they use. */
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { cpSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { signedRequest, testEvent } from "@dirsync/sdk/webhooks/signing";
import { build, type BuildOptions, type BuildResult } from "esbuild";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { isWhole, readScale, share } from "../fault/scale.ts";
import { type Company, startCompany } from "../support/company.ts";
import { freePort } from "../support/free-port.ts";
import { gzippedBytes, sizePromises } from "../support/gzipped-bytes.ts";
import { type InstalledApp, installApp, repository, runToEnd } from "../support/installed-app.ts";
import { codeBlocks } from "../support/markdown.ts";
import { writeTree } from "../support/tree.ts";
import { until } from "../support/until.ts";

const apiKey = "sk_test_projects";
const secret = "whsec_projects";
const guide = join(repository, "docs/webhooks.md");
const scale = readScale();

/** A runtime that is not Node, with what it is to show. */
interface Runtime {
  readonly version: string;
  readonly name: string;
  /** Runs the program of the app, to what it reports. */
  readonly report: () => Promise<unknown>;
  /** Runs its receiver of the guide, to what that answers. */
  readonly receive: () => Promise<Answers>;
}

const runtimes: Readonly<Record<string, Runtime>> = {
  bun: {
    version: "1.4.5",
    name: "on Bun",
    report: () => reportBy([bin("bun"), "run", "main.ts"]),
    receive: () => receiveBy("bun", [], []),
  },
  deno: {
    version: "2.9.6",
    name: "on Deno",
    report: () => reportBy([bin("deno"), "run", ...denoQuiet, ...denoAllowed, "main.ts"]),
    receive: () =>
      receiveBy("deno", ["serve", "--allow-env=WEBHOOK_SECRET"], [...denoQuiet, "--quiet", "--host=127.0.0.1"]),
  },
  workerd: {
    version: "1.20261117.1",
    name: "in a Worker",
    report: () =>
      inWorker("worker.ts", async (address) => {
        const response = await fetch(`${address}/?baseUrl=${encodeURIComponent(company.url)}`);
        return response.json();
      }),
    receive: async () => {
      writeTree(app.folder, { "receiver-worker.ts": receiver("on workerd") });
      return inWorker("receiver-worker.ts", answersOf);
    },
  },
};
const denoQuiet = ["--no-prompt", "--no-remote", "--node-modules-dir=manual"];
const denoAllowed = ["--allow-net=127.0.0.1", "--allow-env", "--allow-read"];

/** One of them in `npm test`, another one with another seed: to install each of them takes longer than all it does. */
const tried = share(Object.entries(runtimes), { of: 3, scale });

let app: InstalledApp;
let company: Company;
let emails: readonly string[];

beforeAll(async () => {
  app = await installApp({ packages: ["@dirsync/sdk"], devDependencies: versionsOf(tried) });
  cpSync(fileURLToPath(new URL(".", import.meta.url)), app.folder, { recursive: true });
  company = await startCompany(apiKey);
  await company.hire(5);
  const created = (await company.log()).filter(({ event }) => event === "dsync.user.created");
  emails = created.map(({ data }) => String(data["email"]));
}, 240_000);

afterAll(async () => {
  await company.close();
  app.remove();
});

/** What every runtime must report. */
function expected(): unknown {
  return {
    received: ["dsync.user.deleted", "dsync.user.deleted"],
    refused: "SignatureError signature_invalid  false",
    users: expect.arrayContaining([...emails]) as unknown,
    log: ["dsync.activated", ...emails.map(() => "dsync.user.created")],
    wrongKey: "ApiError unauthorized 401 false",
    explained: ["signed_long_ago"],
    strangers: [],
  };
}

describe(`one program reports the same (seed ${scale.seed})`, () => {
  test.each<[string, BuildOptions, string, readonly string[]]>([
    ["on Node as an ES module", { format: "esm", packages: "external" }, "main.mjs", []],
    ["on Node as CommonJS", { format: "cjs", packages: "external" }, "main.cjs", []],
    ["on Node in one minified file", { format: "cjs", minify: true }, "main.min.cjs", []],
  ])("%s", async (_name, options, file, flags) => {
    await bundle("main.ts", { platform: "node", outfile: join(app.folder, file), ...options });
    const output = await runToEnd([process.execPath, ...flags, file, company.url, apiKey], app.folder);
    expect(JSON.parse(output)).toEqual(expected());
  });

  test.each(tried.map(([, { name, report }]) => [name, report] as const))("%s", async (_name, report) => {
    expect(await report()).toEqual(expected());
  });
});

describe("a receiver of docs/webhooks.md takes a webhook, and refuses a forged one", () => {
  test.each(tried.map(([, { name, receive }]) => [name, receive] as const))("%s", async (_name, receive) => {
    expect(await receive()).toEqual({ genuine: 204, forged: 400 });
  });
});

// A compiler that checks our declarations, and those of the platform with them, takes its time where others work too.
describe("TypeScript takes the declarations, and refuses what is wrong", { timeout: 180_000 }, () => {
  const files = ["check.ts", "types.ts"];
  // Who bundles for browsers and edge runtimes has no types of Node, and must need none.
  const bundler = { ...strict, module: "ESNext", moduleResolution: "Bundler", lib: ["ES2022", "DOM"], types: [] };

  // The control, besides: every compiler must report this, and nothing else.
  const mistake = 'import { DirectorySync } from "@dirsync/sdk";\nnew DirectorySync().nothing();\n';

  test.each([
    ["nodenext", { ...strict, module: "NodeNext" }, [...files, "main.ts", "as-commonjs.cts"]],
    ["bundler", bundler, [...files, "worker.ts"]],
    // What apps have that say CommonJS and no more. It knows nothing of `exports`.
    ["node10", { ...strict, module: "CommonJS", moduleResolution: "Node10", esModuleInterop: true }, files],
  ])("under %s", (name, compilerOptions, included) => {
    writeTree(app.folder, { "mistake.ts": mistake });
    expect(complaints(name, { compilerOptions, files: [...included, "mistake.ts"] })).toEqual([
      "mistake.ts(2,21): error TS2339: Property 'nothing' does not exist on type 'DirectorySync'.",
    ]);
  });
});

describe("a bundle", () => {
  test.each(sizePromises)("of all of $what is small", async ({ bytesMax, ...promise }) => {
    const bytes = await gzippedBytes(app.folder, promise);
    expect(bytes).toBeGreaterThan(1_000);
    expect(bytes).toBeLessThanOrEqual(bytesMax);
  });

  test("that imports the SDK and uses nothing of it is empty", async () => {
    const entries = ["", "/webhooks", "/webhooks/signing", "/webhooks/explain", "/schemas", "/self-hosted"];
    const lines = entries.map((entry, index) => `import * as unused${index} from "@dirsync/sdk${entry}";\n`);
    writeTree(app.folder, { "unused.mjs": lines.join("") });
    const { outputFiles } = await bundle("unused.mjs", { format: "esm", platform: "node", write: false });
    expect(outputFiles?.[0]?.text.replaceAll(/^\/\/.*$/gm, "").trim()).toBe("");
  });
});

test("the two lists of entries in the manifest are one, but for the sources", () => {
  const manifest = JSON.parse(readFileSync(join(repository, "packages/sdk/package.json"), "utf8")) as {
    exports: object;
    publishConfig: { exports: object };
  };
  const published = JSON.stringify(manifest.exports, (key, value: unknown) =>
    key === "@dirsync/source" ? undefined : value,
  );
  expect(JSON.parse(published)).toEqual(manifest.publishConfig.exports);
});

const strict = {
  target: "ES2022",
  lib: ["ES2022"],
  strict: true,
  exactOptionalPropertyTypes: true,
  noUncheckedIndexedAccess: true,
  allowImportingTsExtensions: true,
  noEmit: true,
  types: ["node"],
  // Our own declarations are to be checked as well, and with them all others: whole in `npm run test:rest`.
  skipLibCheck: !isWhole(scale),
};

/** The program of the guide whose fence has this note. */
function receiver(note: string): string {
  const block = codeBlocks(repository, "docs/webhooks.md").find((each) => each.note === note);
  if (block === undefined) throw new Error(`docs/webhooks.md shows no receiver ${note}.`);
  return block.code;
}

function versionsOf(some: typeof tried): Readonly<Record<string, string>> {
  return Object.fromEntries(some.map(([name, { version }]) => [name, version]));
}

/** Runs the program of the app by a command, which gets the service's address and the key besides. */
async function reportBy(command: readonly string[]): Promise<unknown> {
  return JSON.parse(await runToEnd([...command, company.url, apiKey], app.folder));
}

/** Runs the receiver of the guide with the arguments it shows, and more that keep a runtime quiet, and sends it webhooks. */
async function receiveBy(runtime: "bun" | "deno", shown: readonly string[], more: readonly string[]): Promise<Answers> {
  expect(readFileSync(guide, "utf8")).toContain(`\`${[runtime, ...shown, "receiver.ts"].join(" ")}\``);
  writeTree(app.folder, { "receiver.ts": receiver("on deno and bun") });
  const port = await freePort();
  const atPort = runtime === "deno" ? [`--port=${port}`] : [];
  const server = spawn(bin(runtime), [...shown, ...more, ...atPort, "receiver.ts"], {
    cwd: app.folder,
    env: { PATH: process.env["PATH"], HOME: app.folder, PORT: String(port), WEBHOOK_SECRET: secret },
    stdio: ["ignore", "ignore", "inherit"],
    detached: true,
  });
  const address = `http://127.0.0.1:${port}`;
  try {
    await until(() => fetch(address).then(Boolean, () => false), { what: `${runtime} to listen` });
    return await answersOf(address);
  } finally {
    await end(server);
  }
}

/** What a receiver answers to a webhook that is signed with its secret, and to one that is not. */
interface Answers {
  readonly genuine: number;
  readonly forged: number;
}

async function answersOf(address: string): Promise<Answers> {
  const deliver = async (signedWith: string): Promise<number> => {
    const request = await signedRequest(testEvent("dsync.user.deleted"), { secret: signedWith, url: address });
    return (await fetch(request)).status;
  };
  return { genuine: await deliver(secret), forged: await deliver("whsec_of_somebody") };
}

/** Runs a program as a Worker while `use` has its address. */
async function inWorker<T>(entry: string, use: (address: string) => Promise<T>): Promise<T> {
  const conditions = ["workerd", "worker", "browser"];
  await bundle(entry, { format: "esm", minify: true, conditions, outfile: join(app.folder, "worker.js") });
  writeTree(app.folder, { "workerd.capnp": workerConfig });
  const workerd = spawn(bin("workerd"), ["serve", "--verbose", "--control-fd=3", "workerd.capnp"], {
    cwd: app.folder,
    stdio: ["ignore", "pipe", "pipe", "pipe"],
    detached: true,
  });
  try {
    return await use(`http://127.0.0.1:${await portOf(workerd.stdio[3])}`);
  } finally {
    await end(workerd);
  }
}

/** Ends a runtime with its process group: what is started is a script of its package, and the runtime is a child of that. */
async function end(runtime: ChildProcess): Promise<void> {
  if (runtime.pid !== undefined && runtime.exitCode === null) process.kill(-runtime.pid, "SIGKILL");
  await once(runtime, "close");
}

const workerConfig = `
using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [
    (name = "main", worker = .worker),
    # By itself a Worker reaches public addresses only; this one's service is on this machine.
    (name = "internet", network = (allow = ["private"])),
  ],
  sockets = [(name = "http", address = "127.0.0.1:0", http = (), service = "main")],
);
const worker :Workerd.Worker = (
  modules = [(name = "worker", esModule = embed "worker.js")],
  bindings = [(name = "WEBHOOK_SECRET", text = "${secret}")],
  compatibilityDate = "2026-01-01",
);
`;

/** What the compiler says, line by line. */
function complaints(name: string, config: object): readonly string[] {
  writeTree(app.folder, { [`tsconfig.${name}.json`]: config });
  const compiler = join(repository, "node_modules/typescript/bin/tsc");
  const args = [compiler, "--pretty", "false", "-p", `tsconfig.${name}.json`];
  return spawnSync(process.execPath, args, { cwd: app.folder, encoding: "utf8" }).stdout.trimEnd().split("\n");
}

function bundle(entry: string, options: BuildOptions): Promise<BuildResult> {
  return build({ absWorkingDir: app.folder, entryPoints: [entry], bundle: true, logLevel: "error", ...options });
}

function bin(name: string): string {
  return join(app.folder, "node_modules/.bin", name);
}

/** The runtime says on its control channel where it listens. */
async function portOf(control: unknown): Promise<string> {
  let said = "";
  (control as NodeJS.ReadableStream).setEncoding("utf8").on("data", (text: string) => {
    said += text;
  });
  return await until(() => /"port":(\d+)/.exec(said)?.[1], { what: "the Worker to listen" });
}
