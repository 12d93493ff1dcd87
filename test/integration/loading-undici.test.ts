import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { expect, test } from "vitest";

const run = promisify(execFile);

const program = `
  import { createServer } from "node:http";
  import { createRequire } from "node:module";
  import { DirectorySync } from "@dirsync/sdk";

  const page = { object: "list", data: [], list_metadata: { before: null, after: null } };
  const server = createServer((_request, response) => response.end(JSON.stringify(page)));
  server.listen(0, "127.0.0.1", async () => {
    const baseUrl = "http://127.0.0.1:" + server.address().port;
    const { data } = await new DirectorySync({ apiKey: "sk_test", baseUrl }).directories.list().page();
    const loaded = Object.keys(createRequire(import.meta.url).cache);
    console.log(JSON.stringify({ data, parts: loaded.flatMap((path) => path.split("/node_modules/undici/")[1] ?? []) }));
    process.exit();
  });
`;

/** Stands for a version of undici that has its agent elsewhere. */
const withoutAgentFile = `data:text/javascript,${encodeURIComponent(`
  import { register } from "node:module";
  register("data:text/javascript," + encodeURIComponent(\`
    export async function resolve(specifier, context, next) {
      if (specifier.endsWith("/dispatcher/agent.js")) throw new Error("no such file");
      return next(specifier, context);
    }
  \`));
`)}`;

/** The first page of a list in a fresh process, and the files of undici that were loaded for it. */
async function firstPage(...flags: readonly string[]): Promise<{ data: unknown[]; parts: string[] }> {
  const args = [...flags, "--input-type=module", "--eval", program];
  const { stdout } = await run(process.execPath, args, { cwd: import.meta.dirname });
  return JSON.parse(stdout) as { data: unknown[]; parts: string[] };
}

test("the first request loads the agent of undici, and not its fetch, its caches or its mocks", async () => {
  const { data, parts } = await firstPage();
  expect(data).toEqual([]);
  expect(parts).toContain("lib/dispatcher/agent.js");
  expect(parts).not.toContainEqual(expect.stringMatching(/fetch|cache|mock|^index/));
});

test("a version of undici that has its agent elsewhere is loaded whole, and works", async () => {
  const { data, parts } = await firstPage("--import", withoutAgentFile);
  expect(data).toEqual([]);
  expect(parts).toContainEqual(expect.stringMatching(/fetch/));
});
