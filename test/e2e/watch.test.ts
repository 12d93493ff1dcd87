/** `dirsync tail --watch`: handlers are loaded again when they change, and nothing is lost or twice meanwhile. */
import { describe, expect } from "vitest";
import type { CliProcess } from "../support/cli-process.ts";
import { type Rig, test } from "../support/rig.ts";
import { until } from "../support/until.ts";

/** Handlers that import what they do from a file of their own, which imports a word from another one. */
function write(rig: Rig, word: string, take = "say(`${word} ${event.id}`)"): void {
  rig.write("lib/word.ts", `export const word: string = ${JSON.stringify(word)};`);
  rig.write(
    "lib/take.mjs",
    'import { appendFileSync } from "node:fs"; export const say = (line) => appendFileSync("taken", line + "\\n");',
  );
  const source = `import { existsSync } from "node:fs"; import { say } from "./lib/take.mjs"; import { word } from "./lib/word";
    export default { "*": async (event: { id: string }) => { ${take} } };`;
  rig.write("handlers.ts", source);
}

async function taken(rig: Rig, count: number, tail: CliProcess): Promise<readonly string[]> {
  await until(() => rig.lines("taken").length >= count, { what: `${count} events`, check: () => tail.mustRun() });
  return rig.lines("taken");
}

const wordsOf = (lines: readonly string[]): readonly (string | undefined)[] => lines.map((line) => line.split(" ")[0]);
const idsOf = (lines: readonly string[]): readonly (string | undefined)[] => lines.map((line) => line.split(" ")[1]);

describe.concurrent.each(["process", "none"])("--watch with --isolation %s", (isolation) => {
  test("takes what an imported file says now; each event is handled once", async ({ rig }) => {
    write(rig, "one");
    const tail = rig.start([
      "tail",
      "--handlers",
      "handlers.ts",
      "--watch",
      "--poll",
      "50ms",
      "--isolation",
      isolation,
    ]);
    await taken(rig, 6, tail);
    rig.write("lib/word.ts", 'export const word: string = "two";');
    await tail.output("stderr", /handlers have changed[^]*"msg":"tailing"/);
    await rig.company.hire(2);
    const lines = await taken(rig, 8, tail);
    tail.signal("SIGTERM");
    expect((await tail.exit).code).toBe(0);
    expect(idsOf(lines)).toEqual(await rig.logged());
    expect(wordsOf(lines)).toEqual([...Array.from({ length: 6 }, () => "one"), "two", "two"]);
  });

  test("keeps the old ones while the new ones do not load, and says why", async ({ rig }) => {
    write(rig, "one");
    const tail = rig.start([
      "tail",
      "--handlers",
      "handlers.ts",
      "--watch",
      "--poll",
      "50ms",
      "--isolation",
      isolation,
    ]);
    await taken(rig, 6, tail);
    rig.write("lib/word.ts", "export const word: string = ;");
    await tail.output("stderr", /the old one goes on/);
    await rig.company.hire(1);
    await taken(rig, 7, tail);
    rig.write("lib/word.ts", 'export const word: string = "three";');
    await tail.output("stderr", /the old one goes on[^]*"msg":"tailing"/);
    await rig.company.hire(1);
    const lines = await taken(rig, 8, tail);
    tail.signal("SIGTERM");
    const exit = await tail.exit;
    expect(exit.code).toBe(0);
    expect(exit.stderr).toMatch(/Cannot load the handler module .*word\.ts/);
    expect(idsOf(lines)).toEqual(await rig.logged());
    expect(wordsOf(lines)).toEqual([...Array.from({ length: 7 }, () => "one"), "three"]);
  });
});

describe.concurrent("--watch", () => {
  test("lets tries in flight end first", async ({ rig }) => {
    const wait = 'while (!existsSync("go")) await new Promise((resolve) => setTimeout(resolve, 20));';
    write(rig, "one", `say(\`begun \${event.id}\`); ${wait} say(\`\${word} \${event.id}\`)`);
    const tail = rig.start(["tail", "--handlers", "handlers.ts", "--watch"]);
    await taken(rig, 1, tail);
    rig.write("lib/word.ts", 'export const word: string = "two";');
    await tail.output("stderr", /taking the new configuration/);
    rig.write("go", "");
    const lines = await taken(rig, 12, tail);
    tail.signal("SIGTERM");
    expect((await tail.exit).code).toBe(0);
    expect(wordsOf(lines)).toEqual(["begun", "one", ...Array.from({ length: 5 }, () => ["begun", "two"]).flat()]);
    expect(idsOf(lines)).toEqual((await rig.logged()).flatMap((id) => [id, id]));
  });

  test("(control) without it, nothing changes", async ({ rig }) => {
    write(rig, "one");
    const tail = rig.start(["tail", "--handlers", "handlers.ts", "--poll", "50ms"]);
    await taken(rig, 6, tail);
    rig.write("lib/word.ts", 'export const word: string = "two";');
    await rig.company.hire(1);
    expect(wordsOf(await taken(rig, 7, tail)).at(-1)).toBe("one");
    tail.signal("SIGTERM");
    expect((await tail.exit).stderr).not.toContain("handlers have changed");
  });
});
