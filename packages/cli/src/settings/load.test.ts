import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PassThrough } from "node:stream";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { Context, Environment } from "../context.ts";
import { Secrets } from "../secrets.ts";
import { serviceOf, stateFileOf } from "./access.ts";
import { or } from "./kinds.ts";
import { type Configuration, loadConfiguration } from "./load.ts";
import { targets } from "./sink-table.ts";

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "dirsync-settings-"));
});

afterEach(() => {
  rmSync(folder, { recursive: true });
});

function contextOf(environment: Environment): Context {
  const streams = { stdin: new PassThrough(), stdout: new PassThrough(), stderr: new PassThrough() };
  return { environment: { HOME: folder, ...environment }, streams, secrets: new Secrets() };
}

function write(name: string, content: string, mode = 0o600): string {
  const path = join(folder, name);
  mkdirSync(join(path, ".."), { recursive: true });
  writeFileSync(path, content);
  chmodSync(path, mode);
  return path;
}

const key = { DIRSYNC_API_KEY: "sk_abcdef" };

function load(flags: Record<string, unknown> = {}, environment: Environment = key): Promise<Configuration> {
  return loadConfiguration({ config: false, ...flags }, contextOf(environment));
}

/** With a config file of this content. */
async function loadFile(
  content: string,
  { flags = {}, environment = key, name = "dirsync.config.yaml" } = {},
): Promise<Configuration> {
  return await load({ config: write(name, content), ...flags }, environment);
}

function messages({ problems }: Configuration): readonly string[] {
  return problems.all.map(({ message }) => message.replaceAll(folder, ""));
}

test("a sink's own secret comes before that of all sinks", async () => {
  const [own, shared] = [write("own", "whsec_own"), write("shared", "whsec_shared")];
  const lines = [
    `forwardSecretFile: ${shared}`,
    "sinks:",
    `  one: { forward: "http://127.0.0.1:1", forwardSecretFile: ${own} }`,
    '  other: { forward: "http://127.0.0.1:2" }',
  ];
  const { sinks } = await loadFile(lines.join("\n"));
  const read = sinks.map(({ name, secrets }) => [name, secrets.forwardSecret?.read().reveal()]);
  expect(read).toEqual([
    ["one", "whsec_own"],
    ["other", "whsec_shared"],
  ]);
});

describe("a setting", () => {
  test("is decided by the flag, else the variable, else the file, else the default", async () => {
    const layers = [
      { content: "", environment: key, flags: {}, expected: [1_000, "default"] },
      { content: "poll: 2s", environment: key, flags: {}, expected: [2_000, "file"] },
      { content: "poll: 2s", environment: { ...key, DIRSYNC_POLL: "3s" }, flags: {}, expected: [3_000, "variable"] },
      {
        content: "poll: 2s",
        environment: { ...key, DIRSYNC_POLL: "3s" },
        flags: { poll: "4s" },
        expected: [4_000, "flag"],
      },
      { content: "poll: 2s", environment: { ...key, DIRSYNC_POLL: "" }, flags: {}, expected: [2_000, "file"] },
    ];
    for (const { content, expected, ...rest } of layers) {
      const { values, origins, problems } = await loadFile(content === "" ? "{}" : content, rest);
      expect([values.poll, origins["poll"]?.from]).toEqual(expected);
      expect(problems.all).toEqual([]);
    }
  });

  test("of a sink is decided by flag and variable for every sink, else by the sink, else by the top of the file", async () => {
    const content = ["attempts: 2", "sinks:", "  own: { stdout: true, attempts: 3 }", "  other: { exec: a }"].join(
      "\n",
    );
    const attempts = ({ sinks }: Configuration): unknown => sinks.map(({ name, values }) => [name, values.attempts]);
    expect(attempts(await loadFile(content))).toEqual([
      ["own", 3],
      ["other", 2],
    ]);
    expect(attempts(await loadFile(content, { flags: { attempts: "9" } }))).toEqual([
      ["own", 9],
      ["other", 9],
    ]);
  });

  test("that is a path is looked up from the config file, or from the working directory", async () => {
    const { values, sinks } = await loadFile("state: ./a.db\nsinks: { app: { handlers: src/handlers.ts } }");
    expect([values.state, sinks[0]?.value]).toEqual([join(folder, "a.db"), join(folder, "src/handlers.ts")]);
    expect((await load({ state: "a.db" })).values.state).toBe(join(process.cwd(), "a.db"));
  });
});

describe("the base URL", () => {
  test.each<[string, Record<string, unknown>, Environment, string]>([
    [
      "the flag wins",
      { baseUrl: "http://flag.test/" },
      { DIRSYNC_BASE_URL: "http://variable.test" },
      "http://flag.test",
    ],
    ["then the variable", {}, { DIRSYNC_BASE_URL: "http://variable.test" }, "http://variable.test"],
    ["then WorkOS", {}, {}, "https://api.workos.com"],
  ])("%s", async (_name, flags, environment, expected) => {
    expect((await serviceOf(await load(flags, { ...key, ...environment }))).baseUrl).toBe(expected);
  });

  test.each(["localhost:4400", "ftp://host.test", "not a url", "http://"])("%s is refused by name", async (baseUrl) => {
    await expect(serviceOf(await load({ baseUrl }))).rejects.toThrow(/--base-url is not an http or https URL/);
  });

  test.each(["http://me:hunter22@host.test", "sk_live_hunter22"])(
    "%s is refused without being repeated",
    async (url) => {
      const refused = serviceOf(await load({ baseUrl: url }));
      await expect(refused).rejects.toThrow(/--base-url/);
      await expect(refused).rejects.not.toThrow(/hunter22/);
    },
  );
});

describe("the API key", () => {
  const keyOf = async (flags: Record<string, unknown>, environment: Environment): Promise<string> =>
    (await serviceOf(await load(flags, environment))).apiKey.reveal();

  test("comes from the flag's file, our own variable, WorkOS's, in this order, each with its _FILE", async () => {
    const file = (name: string): string => write(name, `sk_${name}\n`);
    const all = {
      DIRSYNC_API_KEY: "sk_dirsync",
      WORKOS_API_KEY: "sk_workos",
      WORKOS_API_KEY_FILE: file("workos_file"),
    };
    expect(await keyOf({ apiKeyFile: file("flag") }, all)).toBe("sk_flag");
    expect(await keyOf({}, { ...all, WORKOS_API_KEY: undefined })).toBe("sk_dirsync");
    expect(await keyOf({}, { DIRSYNC_API_KEY_FILE: file("dirsync_file"), WORKOS_API_KEY: "x" })).toBe(
      "sk_dirsync_file",
    );
    expect(await keyOf({}, { WORKOS_API_KEY_FILE: all.WORKOS_API_KEY_FILE })).toBe("sk_workos_file");
    const config = write("dirsync.config.json", '{ "apiKeyFile": "workos_file" }');
    expect(await keyOf({ config }, {})).toBe("sk_workos_file");
  });

  test.each<[string, (file: string) => Environment, RegExp]>([
    ["no key at all", () => ({}), /No API key.*WORKOS_API_KEY.*--api-key-file/],
    ["a variable that is set but empty", () => ({ DIRSYNC_API_KEY: " " }), /DIRSYNC_API_KEY is set but empty/],
    [
      "a variable and its file",
      (file) => ({ DIRSYNC_API_KEY: "sk_1", DIRSYNC_API_KEY_FILE: file }),
      /DIRSYNC_API_KEY and DIRSYNC_API_KEY_FILE are both set/,
    ],
    ["a file that is not there", (file) => ({ DIRSYNC_API_KEY_FILE: `${file}.no` }), /DIRSYNC_API_KEY_FILE: .*ENOENT/],
  ])("%s is a mistake", async (_name, environment, message) => {
    await expect(keyOf({}, environment(write("key", "sk_1")))).rejects.toThrow(message);
  });

  test("in a file that everybody can read is refused, unless that was allowed", async () => {
    const apiKeyFile = write("key", "sk_secret", 0o644);
    await expect(keyOf({ apiKeyFile }, {})).rejects.toThrow(/--api-key-file: .*chmod 600/);
    expect(await keyOf({ apiKeyFile, insecureSecretFiles: true }, {})).toBe("sk_secret");
    await expect(keyOf({ apiKeyFile: write("empty", "\n") }, {})).rejects.toThrow(/is empty/);
  });

  test("in a file is read again each time, so that it can be replaced", async () => {
    const file = write("key", "sk_first");
    const { secrets } = await load({ apiKeyFile: file });
    expect(secrets.apiKey?.read().reveal()).toBe("sk_first");
    write("key", "sk_second");
    expect(secrets.apiKey?.read().reveal()).toBe("sk_second");
  });

  test("that was read is redacted from then on", async () => {
    const context = contextOf({ DIRSYNC_API_KEY: "sk_canary_123" });
    await loadConfiguration({ config: false }, context);
    expect(context.secrets.redact("key sk_canary_123!")).toBe("key [redacted]!");
  });
});

describe("the state file is named by", () => {
  test.each<[string, string | undefined, Environment, string]>([
    ["the flag", "/a/x.db", { DIRSYNC_STATE: "/b/x.db" }, "/a/x.db"],
    ["the variable", undefined, { DIRSYNC_STATE: "/b/x.db", STATE_DIRECTORY: "/c" }, "/b/x.db"],
    ["the service manager's folder", undefined, { STATE_DIRECTORY: "/c:/other", XDG_STATE_HOME: "/d" }, "/c/tail.db"],
    ["the XDG state folder", undefined, { XDG_STATE_HOME: "/d", HOME: "/e" }, "/d/dirsync/tail.db"],
    ["the home folder", undefined, { HOME: "/e" }, "/e/.local/state/dirsync/tail.db"],
    ["it, where XDG's is empty", undefined, { XDG_STATE_HOME: "", HOME: "/e" }, "/e/.local/state/dirsync/tail.db"],
    ["it, where XDG's is relative", undefined, { XDG_STATE_HOME: "d", HOME: "/e" }, "/e/.local/state/dirsync/tail.db"],
  ])("%s", async (_name, state, environment, expected) => {
    expect(stateFileOf(await load({ state }, environment))).toBe(expected);
  });
});

describe("everything that is wrong is told at once, with its place", () => {
  const yaml = [
    "poll: 5",
    "timout: 10s",
    "apiKey: sk_test_1234567",
    "sinks:",
    "  audit:",
    "    exec: ./audit.sh",
    "    timeout: 1 fortnight",
    "  Bad: { stdout: true }",
    "  both: { stdout: true, exec: x }",
    "  none: { attempts: 3 }",
  ];
  const inYaml = [
    "1: poll needs a unit, such as 500ms, 5s, 10m, 2h or 7d: 5.",
    "2: timout is no setting. Did you mean timeout?",
    "3: apiKey would be a secret in a file that others read. Name a file that holds it: apiKeyFile.",
    '7: sinks.audit.timeout needs a unit, such as 500ms, 5s, 10m, 2h or 7d: "1 fortnight".',
    "8: sinks.Bad is no name: lower-case letters, digits, - and _, at most 64.",
    "9: sinks.both has exec and stdout. Make it two sinks.",
    `10: sinks.none delivers nowhere. Give it ${or(Object.keys(targets))}.`,
  ];

  test("in YAML, with lines, and in the variables", async () => {
    const environment = { ...key, DIRSYNC_ATTEMPTS: "0" };
    const found = messages(await loadFile(yaml.join("\n"), { environment }));
    expect(found).toEqual(
      expect.arrayContaining([
        ...inYaml.map((message) => `/dirsync.config.yaml:${message}`),
        'DIRSYNC_ATTEMPTS is not a whole number from 1 to 1000: "0".',
      ]),
    );
  });

  test("in JSON, with lines", async () => {
    const content = '{\n  "poll": "5s",\n  "sinks": {\n    "app": { "exec": "x", "attempts": 0 }\n  }\n}';
    expect(messages(await loadFile(content, { name: "dirsync.config.json" }))).toEqual([
      "/dirsync.config.json:4: sinks.app.attempts is not a whole number from 1 to 1000: 0.",
    ]);
  });

  test("in TypeScript, by key", async () => {
    const content = 'import { defineConfig } from "@dirsync/cli";\nexport default defineConfig({ poll: 5 as never });';
    expect(messages(await loadFile(content, { name: "dirsync.config.ts" }))).toEqual([
      "/dirsync.config.ts: poll needs a unit, such as 500ms, 5s, 10m, 2h or 7d: 5.",
    ]);
  });

  test.each([
    ["dirsync.config.yaml", "poll: [1\nsinks: {", /dirsync\.config\.yaml:\d+: /],
    ["dirsync.config.yaml", "poll: 1s\npoll: 2s", /dirsync\.config\.yaml:2: Map keys must be unique/],
    ["dirsync.config.json", '{ "poll": 1s }', /dirsync\.config\.json is not JSON/],
    ["dirsync.config.yaml", "- poll", /must hold settings by name/],
    ["dirsync.config.ts", "export default {", /Cannot load the config file/],
    ["dirsync.config.ts", "export const config = {};", /must hold settings by name/],
    ["dirsync.config.yaml", "__proto__: { poll: 1s }", /__proto__ is no setting/],
  ])("%s: %s", async (name, content, message) => {
    const { problems } = await loadFile(content, { name });
    expect(() => problems.throwIfAny()).toThrow(message);
  });

  test("but a command that needs one setting does not mind what is wrong with another", async () => {
    const configuration = await loadFile("state: ./x.db\npoll: 5\nsinks: { a: {} }");
    expect(stateFileOf(configuration)).toBe(join(folder, "x.db"));
    expect((await serviceOf(configuration)).apiKey.reveal()).toBe("sk_abcdef");
  });
});

describe("sinks", () => {
  const named = ({ sinks }: Configuration): unknown => sinks.map(({ name, target, value }) => [name, target, value]);

  test("of the command line replace those of variables, and those replace the file's", async () => {
    const file = "sinks: { app: { exec: from-file } }";
    expect(named(await loadFile(file))).toEqual([["app", "exec", "from-file"]]);
    const environment = { ...key, DIRSYNC_EXEC: "from-variable" };
    expect(named(await loadFile(file, { environment }))).toEqual([["exec", "exec", "from-variable"]]);
    const flags = { exec: ["from-flag", "audit=other"], stdout: true };
    expect(named(await loadFile(file, { environment, flags }))).toEqual([
      ["exec", "exec", "from-flag"],
      ["audit", "exec", "other"],
      ["stdout", "stdout", ""],
    ]);
  });

  test("with one name are refused, because they would share a mark", async () => {
    const { problems } = await load({ exec: ["a", "b"] });
    expect(() => problems.throwIfAny()).toThrow(/--exec is called exec, and so is another sink.*NAME=b/);
  });
});
