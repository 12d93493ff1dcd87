import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { describe, expect, test } from "vitest";

const run = promisify(execFile);

/** A program that asks a server for one page, and says what came and which files of undici it has loaded. */
const programOf = (imported: string, ask: string): string => `
  import { createServer } from "node:http";
  import { createRequire } from "node:module";
  ${imported}

  const page = { object: "list", data: [], list_metadata: { before: null, after: null } };
  const server = createServer((_request, response) => response.end(JSON.stringify(page)));
  server.listen(0, "127.0.0.1", async () => {
    const baseUrl = "http://127.0.0.1:" + server.address().port;
    const data = ${ask};
    const loaded = Object.keys(createRequire(import.meta.url).cache);
    console.log(JSON.stringify({ data, parts: loaded.flatMap((path) => path.split("/node_modules/undici/")[1] ?? []) }));
    process.exit();
  });
`;

/** What makes a first request, and what of undici stands behind it. */
const programs = [
  [
    "of the client",
    "lib/dispatcher/agent.js",
    programOf(
      'import { DirectorySync } from "@dirsync/sdk";',
      '(await new DirectorySync({ apiKey: "sk_test", baseUrl }).directories.list().page()).data',
    ),
  ],
  [
    "of an identity provider",
    "lib/global.js",
    programOf(
      'import { sendOverHttp } from "@dirsync/idp";',
      'JSON.parse((await sendOverHttp({ method: "GET", url: baseUrl + "/Users", headers: {} }, AbortSignal.timeout(30_000))).text).data',
    ),
  ],
] as const;

/** Stands for a version of undici that has its files elsewhere. */
const withoutItsFiles = `data:text/javascript,${encodeURIComponent(`
  import { register } from "node:module";
  register("data:text/javascript," + encodeURIComponent(\`
    export async function resolve(specifier, context, next) {
      if (specifier.startsWith("undici/lib/")) throw new Error("no such file");
      return next(specifier, context);
    }
  \`));
`)}`;

/** The first page in a fresh process, and the files of undici that were loaded for it. */
async function firstPage(program: string, ...flags: readonly string[]): Promise<{ data: unknown[]; parts: string[] }> {
  const args = [...flags, "--input-type=module", "--eval", program];
  const { stdout } = await run(process.execPath, args, { cwd: import.meta.dirname });
  return JSON.parse(stdout) as { data: unknown[]; parts: string[] };
}

describe.each(programs)("the first request %s", (_whose, part, program) => {
  test("loads these parts of undici, and not its fetch, its caches or its mocks", async () => {
    const { data, parts } = await firstPage(program);
    expect(data).toEqual([]);
    expect(parts).toContain(part);
    expect(parts).not.toContainEqual(expect.stringMatching(/fetch|cache|mock|^index/));
  });

  test("loads a version of undici whole that has them elsewhere, and works", async () => {
    const { data, parts } = await firstPage(program, "--import", withoutItsFiles);
    expect(data).toEqual([]);
    expect(parts).toContainEqual(expect.stringMatching(/fetch/));
  });
});
