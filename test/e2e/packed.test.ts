/** What a user gets: the packages as they would be published, installed into an empty folder far from the repository. */
import { readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { DirectorySync } from "@dirsync/sdk";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { CliProcess, type CliOptions } from "../support/cli-process.ts";
import { type InstalledApp, installApp, repository, runToEnd } from "../support/installed-app.ts";
import { eventIds } from "../support/rig.ts";
import { writeTree } from "../support/tree.ts";

const names = ["@dirsync/cli", "@dirsync/consumer", "@dirsync/idp", "@dirsync/sdk", "@dirsync/server"];
let app: InstalledApp;

beforeAll(async () => {
  app = await installApp({ packages: ["@dirsync/cli", "@dirsync/sdk"] });
}, 15 * 60_000);

afterAll(() => app.remove());

describe.each(names)("the tarball of %s", (name) => {
  const packed = () => {
    const found = app.packages.find((candidate) => candidate.name === name);
    if (found === undefined) throw new Error(`${name} was not packed.`);
    return found;
  };

  test("has what it needs, and neither sources nor tests nor maps", () => {
    const { files } = packed();
    expect(files).toEqual(expect.arrayContaining(["package.json", "README.md", "LICENSE"]));
    const allowed =
      /^(?:package\.json|README\.md|LICENSE|THIRD_PARTY\.md|dist\/[^/]+\.(?:c?js|d\.c?ts)|bin\/.+|demo\/.+)$/;
    expect(files.filter((file) => !allowed.test(file))).toEqual([]);
  });

  test("names a licence and engines, and nothing that exists only in this workspace", () => {
    const { manifest } = packed();
    expect(manifest).toMatchObject({
      license: "MIT",
      engines: { node: ">=20.19.0" },
      publishConfig: { access: "public", provenance: true },
    });
    expect(JSON.stringify(manifest)).not.toMatch(/workspace:|@dirsync\/source|\/src\/|link:|file:/);
  });

  test("has every file its manifest points at", () => {
    const { manifest, files } = packed();
    const targets = [manifest["exports"], manifest["bin"]].flatMap(pathsIn).filter((path) => path.startsWith("./"));
    expect(targets.length).toBeGreaterThan(0);
    expect(targets.filter((path) => !files.includes(path.slice(2)))).toEqual([]);
  });

  test("knows nothing of the machine it was packed on", () => {
    const { folder, files } = packed();
    const content = (file: string): string => readFileSync(join(folder, file), "utf8");
    expect(files.filter((file) => content(file).includes(repository.replace(/\/$/, "")))).toEqual([]);
    expect(files.filter((file) => /sourceMappingURL/.test(content(file)))).toEqual([]);
  });
});

test("no package but these is packed", () => {
  expect(app.packages.map(({ name }) => name).sort()).toEqual(names);
});

test("the command says which version it is, and helps", async () => {
  const { version } = app.packages.find(({ name }) => name === "@dirsync/cli") ?? {};
  expect(await start("--version").exit).toMatchObject({ code: 0, stdout: `${version}\n`, stderr: "" });
  expect((await start("--help").exit).stdout).toMatch(/Usage: dirsync .*Examples:/s);
  // The file that npm links to, which a shell starts by its first line.
  expect(await runToEnd([join(app.folder, "node_modules/.bin/dirsync"), "--version"], app.folder)).toBe(`${version}\n`);
});

test.concurrent("a SCIM request arrives in a TypeScript handler, a hook and on standard output", async () => {
  const server = start("serve", "--port", "0", "--data", "server.db", "--json");
  const { url, api_key: apiKey } = JSON.parse(await server.output("stdout", /\n/)) as { url: string; api_key: string };
  const { scim } = await new DirectorySync({ apiKey, baseUrl: url }).directories.create({ name: "Acme", type: "s3" });
  const created = await fetch(`${scim.base_url}/Users`, {
    method: "POST",
    headers: { authorization: `Bearer ${scim.bearer_token}`, "content-type": "application/scim+json" },
    body: JSON.stringify({ schemas: ["urn:ietf:params:scim:schemas:core:2.0:User"], userName: "mara@example.com" }),
  });
  expect(created.status).toBe(201);
  writeTree(app.folder, {
    "handlers.ts": `
      import { appendFileSync } from "node:fs";
      import { type DirectoryUser, SinkError } from "@dirsync/sdk";
      const line = (user: DirectoryUser): string => \`\${user.email} \${user.state}\\n\`;
      export default {
        "dsync.user.created": ({ data }: { data: DirectoryUser }) => appendFileSync("handled", line(data)),
        // Thrown from the app's copy of the SDK, and to be understood by the command's own.
        "dsync.activated": () => { throw new SinkError("not wanted", { verdict: "dead" }); },
      };`,
    "hook.sh": 'echo "$DIRSYNC_EVENT_TYPE" >> hooked\n',
  });
  const environment = { DIRSYNC_BASE_URL: url, DIRSYNC_API_KEY: apiKey };
  const sinks = ["--handlers", "handlers.ts", "--exec", "sh hook.sh", "--stdout"];
  const exit = await startWith({ environment }, "tail", "--once", "--state", "tail.db", ...sinks).exit;
  expect(exit.stderr).toMatch(/exec 2, stdout 2/);
  expect(exit.code).toBe(0);
  expect(read("handled")).toBe("mara@example.com active\n");
  expect(read("hooked")).toBe("dsync.activated\ndsync.user.created\n");
  expect(eventIds(exit.stdout)).toHaveLength(2);
  const letters = await start("dead-letters", "list", "--state", "tail.db", "--json").exit;
  expect(JSON.parse(letters.stdout)).toMatchObject({ sink: "handlers", reason: "not wanted", attempts: 1 });
  server.signal("SIGTERM");
  expect((await server.exit).code).toBe(0);
});

test.concurrent("the demo runs through", async () => {
  const exit = await start("demo", "--json").exit;
  expect({ code: exit.code, stderr: exit.stderr }).toEqual({ code: 0, stderr: "" });
  const faultless = { lost: 0, out_of_order: 0 };
  expect(JSON.parse(exit.stdout)).toMatchObject({ followed: true, receivers: [faultless, faultless] });
}, 60_000);

describe("the SDK", () => {
  test("is one thing to both module systems: each copy knows the other's errors", async () => {
    writeTree(app.folder, {
      "copies.mjs": `
        import { createRequire } from "node:module";
        import * as module from "@dirsync/sdk";
        const common = createRequire(import.meta.url)("@dirsync/sdk");
        const details = { code: "x", retryable: false };
        console.log(JSON.stringify({
          copies: module.DirsyncError === common.DirsyncError ? 1 : 2,
          known: [
            module.isDirsyncError(new common.ConfigError("x", { where: "x" })),
            common.isDirsyncError(new module.DirsyncError("x", details)),
            module.isDirsyncError(Object.assign(new Error("x"), details)),
          ],
          same: Object.keys(module).sort().join() === Object.keys(common).sort().join(),
        }));`,
    });
    const result: unknown = JSON.parse(await runToEnd([process.execPath, "copies.mjs"], app.folder));
    expect(result).toEqual({ copies: 2, known: [true, true, false], same: true });
  });

  test.each(["module", "commonjs"])("checks webhooks without loading undici or zod, as %s", async (type) => {
    writeTree(app.folder, {
      // Whoever asks for one of these is found out, in either module system.
      "found-out.mjs": `
        import module from "node:module";
        const refuse = (name) => { if (["undici", "zod"].includes(name)) throw new Error("loads " + name); };
        const load = module._load;
        module._load = (name, ...rest) => { refuse(name); return load(name, ...rest); };
        module.register("data:text/javascript," + encodeURIComponent(
          "const refuse = " + refuse + "; export const resolve = (name, context, next) => { refuse(name); return next(name, context); };",
        ));`,
    });
    const check = `({ sign, verify }) => {
      const payload = JSON.stringify({ id: "event_1", event: "dsync.deleted", data: {}, created_at: "2026-01-01T00:00:00Z" });
      const header = sign({ payload, secret: "secret", timestampMs: Date.now() });
      console.log(verify({ payload, header, secret: "secret" }).id);
    }`;
    const run = (name: string, use: string): Promise<string> => {
      const loaded = type === "module" ? `await import("${name}")` : `require("${name}")`;
      const node = [process.execPath, "--import", "./found-out.mjs", `--input-type=${type}`];
      return runToEnd([...node, "-e", `(${use})(${loaded})`], app.folder);
    };
    expect(await run("@dirsync/sdk/webhooks", check)).toBe("event_1\n");
    await expect(run("@dirsync/sdk/schemas", "() => undefined")).rejects.toThrow(/loads zod/);
  });
});

function start(...args: readonly string[]): CliProcess {
  return startWith({}, ...args);
}

/** The installed command, with a home of its own. */
function startWith({ environment }: CliOptions, ...args: readonly string[]): CliProcess {
  const bin = join(app.folder, "node_modules/@dirsync/cli/bin/dirsync.js");
  if (!statSync(bin).isFile()) throw new Error(`${bin} is missing.`);
  return new CliProcess(args, { bin, folder: app.folder, environment: { HOME: app.folder, ...environment } });
}

function read(name: string): string {
  return readFileSync(join(app.folder, name), "utf8");
}

/** Every string in a value, however deep. */
function pathsIn(value: unknown): readonly string[] {
  if (typeof value === "string") return [value];
  return typeof value === "object" && value !== null ? Object.values(value).flatMap(pathsIn) : [];
}
