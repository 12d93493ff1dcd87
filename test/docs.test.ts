/** A document is a promise. What it shows must compile, what it links to must exist, what it tells to run is what CI runs. */
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { DirectorySync } from "@dirsync/sdk";
import ts from "typescript";
import { describe, expect, test } from "vitest";
import { codeBlocks, documents, relativeLinks, type CodeBlock } from "./support/markdown.ts";
import { programMaker } from "./support/type-check.ts";

const root = fileURLToPath(new URL("..", import.meta.url));
const files = documents(root);
const makeProgram = programMaker(options());
const patience = { timeout: 120_000 };

const blocks = files.flatMap((file) => codeBlocks(root, file));

test("every program in the documents compiles against the packages as they were built", patience, () => {
  const built = ["cli", "consumer", "idp", "sdk", "server"].map((name) => join("packages", name, "dist/index.d.ts"));
  expect(
    built.filter((file) => !existsSync(join(root, file))).map((file) => `${file} is missing: npm run build`),
  ).toEqual([]);
  expect(compile(blocks.filter(isProgram))).toEqual([]);
});

test("every block is of a kind that a test looks after, and every program says how it is run", () => {
  const kinds: Readonly<Record<string, RegExp>> = {
    // docs-run.test.ts; what is `on` a runtime, projects/projects.test.ts; what is in `vitest`, a test in integration.
    ts: /^(?:|vitest|runs|serves(?: 500)?|not yet: .+|on (?:workerd|deno and bun))$/,
    // docs-shell.test.ts; a program for `--pipe` or `--exec`, in docs-pipe.test.ts.
    sh: /^(?:|pipe|exec)$/,
    python: /^(?:pipe|exec)$/,
    js: /^pipe$/,
    // What goes to such a program and what comes back.
    jsonl: /^(?:question|answers)$/,
    yaml: /^$/,
    // docs-sql.test.ts
    sql: /^$/,
    // docs-operating.test.ts
    ini: /^$/,
    dockerfile: /^$/,
    yml: /^$/,
    // What the program before it writes.
    text: /^output$/,
  };
  const strangers = blocks.filter(({ language, note }) => kinds[language]?.test(note) !== true);
  expect(strangers.map(({ file, line, language, note }) => `${file}:${line} ${language} ${note}`)).toEqual([]);
  const lonely = blocks.filter(({ language }, index) => language === "text" && !isBehindProgram(index));
  expect(lonely.map(({ file, line }) => `${file}:${line}`)).toEqual([]);
});

test("every test in the documents is one that is run", () => {
  const folder = join(root, "test/integration");
  const run = readdirSync(folder).map((file) => readFileSync(join(folder, file), "utf8").trimEnd());
  const shown = blocks.filter(({ note }) => note === "vitest").map(({ code }) => code.trimEnd());
  expect(shown.length).toBeGreaterThan(0);
  expect(shown.filter((code) => !run.includes(code))).toEqual([]);
});

test("a block that does not compile is found, with the line of the document", patience, () => {
  const block = { line: 7, language: "ts", note: "" };
  const wrong = [
    { ...block, file: "a.md", code: 'import { DirectorySync } from "@dirsync/sdk";\nnew DirectorySync().nothing();\n' },
    { ...block, file: "b.md", code: 'import { Nothing } from "@dirsync/sdk";\nNothing();\n' },
  ];
  expect(compile(wrong)).toEqual([
    expect.stringMatching(/^a\.md:8 .*'nothing' does not exist/),
    expect.stringMatching(/^b\.md:7 .*no exported member 'Nothing'/),
  ]);
});

test("every relative link leads to a file", () => {
  const dead = files
    .flatMap((file) => relativeLinks(root, file))
    .filter(({ file, target }) => !existsSync(join(root, dirname(file), decodeURI(target.split("#")[0] ?? ""))))
    .map(({ file, line, target }) => `${file}:${line} -> ${target}`);
  expect(dead).toEqual([]);
});

test("every call of ours that the migration page names is one that the client has", () => {
  const client: object = new DirectorySync({ apiKey: "sk_test" });
  const page = readFileSync(join(root, "docs/migrating-from-workos-node.md"), "utf8");
  const named = [...page.matchAll(/`client\.(\w+)\.(\w+)\(/g)].map(([, resource = "", call = ""]) => ({
    resource,
    call,
  }));
  expect(named.length).toBeGreaterThan(20);
  const missing = named.filter(({ resource, call }) => {
    const found: unknown = Reflect.get(client, resource);
    return typeof found !== "object" || found === null || typeof Reflect.get(found, call) !== "function";
  });
  expect(missing).toEqual([]);
});

describe("what the documents tell to run", () => {
  const script = readFileSync(join(root, ".ci/run"), "utf8").trimEnd().split("\n");
  const ciCommands = script.filter((line) => line.startsWith("npm "));

  test("CI calls the README's commands: every gate, then the tests, and nothing after them", () => {
    expect(ciCommands).toEqual(["npm run check", "npm test"]);
    expect(script.at(-1)).toBe("npm test");
    expect(commandsIn("README.md")).toEqual(expect.arrayContaining(["npm start", "npm test"]));
    expect([...commandsIn("README.md"), ...commandsIn("CONTRIBUTING.md")]).toEqual(expect.arrayContaining(ciCommands));
  });

  test("every npm command in the README and CONTRIBUTING is a script of the workspace", () => {
    const { scripts } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as { scripts: object };
    const known = Object.keys(scripts);
    const named = [...commandsIn("README.md"), ...commandsIn("CONTRIBUTING.md")]
      .map((line) => /^npm (?:run )?(start|test|[\w:]+)/.exec(line)?.[1] ?? line)
      .filter((name) => name !== "install");
    expect(named.length).toBeGreaterThan(0);
    expect(named.filter((name) => !known.includes(name))).toEqual([]);
  });
});

/** The npm commands of a document's shell blocks, without the remarks behind them. */
function commandsIn(file: string): readonly string[] {
  return codeBlocks(root, file)
    .filter((block) => block.language === "sh")
    .flatMap((block) => block.code.split("\n"))
    .map((line) => line.replace(/\s+#.*$/, "").trim())
    .filter((line) => line.startsWith("npm "));
}

function isProgram(block: CodeBlock): boolean {
  return block.language === "ts";
}

function isBehindProgram(index: number): boolean {
  const before = blocks[index - 1];
  return before !== undefined && before.file === blocks[index]?.file && isProgram(before);
}

/** Compiles each block as a module of its own; returns what is wrong, at the line where it stands in the document. */
function compile(blocks: readonly CodeBlock[]): readonly string[] {
  const folder = join(root, "test/.cache/docs");
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const origins = new Map<string, CodeBlock>();
  for (const [index, block] of blocks.entries()) {
    const home = join(folder, String(index));
    mkdirSync(home);
    const path = join(home, "block.ts");
    // Empty lines in front keep the line numbers of the document.
    writeFileSync(path, `${"\n".repeat(block.line - 1)}${block.code}\nexport {};\n`);
    origins.set(path.replaceAll("\\", "/"), block);
    for (const [file, source] of modulesOfTheReader(block)) writeFileSync(join(home, file), source);
  }
  const program = makeProgram([...origins.keys()]);
  // Only the blocks: the packages behind them have a gate of their own.
  const found = [...origins.keys()].flatMap((path) => ts.getPreEmitDiagnostics(program, program.getSourceFile(path)));
  return found.map(({ file, start, messageText }) => {
    const text = ts.flattenDiagnosticMessageText(messageText, " ");
    if (file === undefined || start === undefined) return text;
    const line = file.getLineAndCharacterOfPosition(start).line + 1;
    return `${origins.get(file.fileName)?.file ?? file.fileName}:${line} ${text}`;
  });
}

/** What a block imports from the reader's own files, as functions that take and return anything. */
function modulesOfTheReader({ code }: CodeBlock): readonly (readonly [file: string, source: string])[] {
  return [...code.matchAll(/^import \{([^}]+)\} from "\.\/([\w-]+)\.[jt]s";/gm)].map(([, names = "", file = ""]) => {
    const declarations = names
      .split(",")
      .map((name) => `export declare const ${name.trim()}: (...values: any[]) => any;`);
    return [`${file}.ts`, `${declarations.join("\n")}\n`];
  });
}

function options(): ts.CompilerOptions {
  const file = ts.readConfigFile(join(root, "tsconfig.base.json"), (path) => readFileSync(path, "utf8"));
  const { compilerOptions } = file.config as { compilerOptions: object };
  const parsed = ts.convertCompilerOptionsFromJson(compilerOptions, root).options;
  // A reader has the packages as they are published, without their sources.
  return { ...parsed, customConditions: [] };
}
