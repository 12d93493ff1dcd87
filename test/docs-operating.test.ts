/** What docs/operating.md gives to others than us: a unit for systemd, an image for Docker, and rules for Prometheus. */
import { execFile } from "node:child_process";
import { once } from "node:events";
import { existsSync, readFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { describe, expect, onTestFinished, test } from "vitest";
import { parse } from "yaml";
import { writeTree } from "./support/tree.ts";
import { codeBlocks } from "./support/markdown.ts";
import { temporaryFolder } from "./support/temporary-folder.ts";

const root = fileURLToPath(new URL("..", import.meta.url));
const page = "docs/operating.md";
const settings = readFileSync(join(root, "docs/settings.md"), "utf8");
const readme = readFileSync(join(root, "packages/cli/README.md"), "utf8");

describe("the unit for systemd", () => {
  const unit = blockOf("ini");
  const values = unit.split("\n").flatMap((line) => {
    const [, name = "", value = ""] = /^(\w+)=(.*)$/.exec(line) ?? [];
    return name === "" ? [] : [[name, value] as const];
  });
  const valueOf = (name: string): string => new Map(values).get(name) ?? "";

  test("holds sections, comments and settings, and nothing else", () => {
    const others = unit.split("\n").filter((line) => !/^(?:\[\w+\]|#.*|\w+=.*|)$/.test(line));
    expect(others).toEqual([]);
    expect(unit.match(/^\[\w+\]$/gm)).toEqual(["[Unit]", "[Service]", "[Install]"]);
  });

  test("starts a command with options that it has", () => {
    const [program = "", ...words] = valueOf("ExecStart").split(" ");
    expect(program).toMatch(/\/dirsync$/);
    expect(unknownIn(words)).toEqual([]);
  });

  test("gives the key in a variable that is read, from a credential that it loads", () => {
    const [variable = "", path = ""] = valueOf("Environment").split("=");
    expect(settings).toContain(`\`${variable}\``);
    expect(valueOf("LoadCredential").split(":")[0]).toBe(path.replace("%d/", ""));
  });

  test("does not start again after exit codes that the command has, and waits for a drain", () => {
    const codes = valueOf("RestartPreventExitStatus").split(" ");
    expect(codes.filter((code) => !new RegExp(`^\\| ${code} +\\|`, "m").test(readme))).toEqual([]);
    const drainSeconds = Number(/`drainTimeout`.*`(\d+)s`/.exec(settings)?.[1]);
    expect(Number(valueOf("TimeoutStopSec"))).toBeGreaterThan(drainSeconds);
  });

  test.skipIf(!existsSync("/usr/bin/systemd-analyze"))(
    "is one that systemd itself accepts, where there is one",
    async () => {
      const folder = temporaryFolder(onTestFinished);
      // The reader has the command installed; here it only has to be a program.
      writeTree(folder, { "dirsync-tail.service": unit.replace("/usr/bin/dirsync", process.execPath) });
      // Its exit code is about the whole machine, of which the unit is a part.
      const verify = promisify(execFile)("systemd-analyze", ["verify", join(folder, "dirsync-tail.service")]);
      const { stderr } = await verify.catch((error: unknown) => error as { stderr: string });
      expect(stderr).not.toContain("dirsync-tail.service:");
    },
  );
});

describe("the image", () => {
  const instructions = blockOf("dockerfile")
    .split("\n")
    .map((line) => /^([A-Z]+) (.+)$/.exec(line)?.slice(1) ?? [line]);
  const of = (name: string): string => instructions.find(([instruction]) => instruction === name)?.[1] ?? "";

  test("is made of instructions that Docker has", () => {
    const known =
      "ADD ARG CMD COPY ENTRYPOINT ENV EXPOSE FROM HEALTHCHECK LABEL RUN STOPSIGNAL USER VOLUME WORKDIR".split(" ");
    expect(instructions.filter(([instruction = ""]) => !known.includes(instruction))).toEqual([]);
  });

  test("starts a command that there is, with variables that it reads", () => {
    const [program, ...words] = JSON.parse(of("CMD")) as readonly string[];
    expect(program).toBe("dirsync");
    expect(unknownIn(words)).toEqual([]);
    const variables = of("ENV").match(/\b[A-Z_]+(?==)/g) ?? [];
    expect(variables).not.toEqual([]);
    expect(variables.filter((name) => !settings.includes(`\`${name}\``))).toEqual([]);
  });

  test.each([
    [200, 0],
    [503, 1],
  ])("is healthy by its own check where the tail answers %i: the check ends with %i", async (status, code) => {
    const asked: (string | undefined)[] = [];
    const server = createServer((request, response) => {
      asked.push(request.url);
      response.writeHead(status).end();
    });
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    const port = (server.address() as AddressInfo).port;
    const [, address = ""] = /DIRSYNC_HEALTH=(\S+)/.exec(of("ENV")) ?? [];
    const check = of("HEALTHCHECK").replace(/^CMD /, "");
    expect(check).toContain(`http://${address}/livez`);
    const [, ...args] = JSON.parse(check.replace(address, `127.0.0.1:${port}`)) as readonly string[];
    const ended = await promisify(execFile)(process.execPath, args).then(
      () => 0,
      (error: unknown) => (error as { code?: unknown }).code,
    );
    server.closeAllConnections();
    server.close();
    await once(server, "close");
    expect({ ended, asked }).toEqual({ ended: code, asked: ["/livez"] });
  });
});

test("the rules for Prometheus are groups of alerts, each with a name of its own and an expression", () => {
  // That each metric in them is one we have is held in packages/cli/src/health/documented.test.ts.
  const { groups } = parse(blockOf("yml")) as { groups: readonly { rules: readonly Record<string, unknown>[] }[] };
  const rules = groups.flatMap((group) => group.rules);
  expect(rules.length).toBeGreaterThan(3);
  expect(new Set(rules.map(({ alert }) => alert)).size).toBe(rules.length);
  for (const { alert, expr } of rules) {
    expect(alert).toMatch(/^Dirsync[A-Za-z]+$/);
    expect(expr).toMatch(/\bdirsync_\w+.* (?:[<>]|==) /);
  }
});

/** The only block of a language on the page. */
function blockOf(language: string): string {
  const found = codeBlocks(root, page).filter((block) => block.language === language);
  if (found.length !== 1) throw new Error(`${page} has ${found.length} blocks in ${language}.`);
  return (found[0]?.code ?? "").trimEnd();
}

/** What a command line names that the command does not have. */
function unknownIn([command = "", ...words]: readonly string[]): readonly string[] {
  const file = join(root, `test/e2e/help/dirsync-${command}.txt`);
  if (!existsSync(file)) return [command];
  const help = readFileSync(file, "utf8");
  return words.filter((word) => word.startsWith("-") && !help.includes(`  ${word} `));
}
