/**
 * The page about moving from `@workos-inc/node`, held against that package as it is installed: each call, option, type and
 * exception in a left column is one that it has, and what the right column says is what both put on the wire.
 */
import { once } from "node:events";
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import * as workos8 from "@workos-inc/node";
import { DirectorySync } from "@dirsync/sdk";
import ts from "typescript";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import * as workos11 from "workos-node-11";
import { programMaker } from "./support/type-check.ts";

const makeProgram = programMaker({
  module: ts.ModuleKind.NodeNext,
  moduleResolution: ts.ModuleResolutionKind.NodeNext,
  target: ts.ScriptTarget.ES2022,
  customConditions: ["@dirsync/source"],
  allowImportingTsExtensions: true,
  noEmit: true,
  strict: true,
  skipLibCheck: true,
});

type Call = (...all: readonly unknown[]) => Promise<unknown>;
type Row = readonly string[];

const root = fileURLToPath(new URL("..", import.meta.url));
const page = readFileSync(join(root, "docs/migrating-from-workos-node.md"), "utf8");
const connection = { https: false, apiHostname: "127.0.0.1", maxRetries: 0 };

/** What the package calls its resources; those that are about directory sync, events, webhooks and what they need. */
const resources = ["directorySync", "events", "webhooks", "organizations", "portal", "adminPortal"];

let server: Server;
let answer: { status: number; body: unknown };
let seen: { query: URLSearchParams; body: string };

beforeAll(async () => {
  server = createServer((request, response) => {
    const body: Buffer[] = [];
    request.on("data", (chunk: Buffer) => body.push(chunk));
    request.on("end", () => {
      const { searchParams } = new URL(request.url ?? "/", "http://x");
      seen = { query: searchParams, body: Buffer.concat(body).toString() };
      response.writeHead(answer.status, { "content-type": "application/json" }).end(JSON.stringify(answer.body));
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
});

afterAll(async () => {
  server.closeAllConnections();
  server.close();
  await once(server, "close");
});

describe("every call of theirs", () => {
  const clients = [new workos8.WorkOS("sk_test"), new workos11.WorkOS("sk_test")];
  const offered = new Set(clients.flatMap((client) => resources.flatMap((name) => methodsOf(client, name))));
  const named = new Set([...page.matchAll(/`workos\.(\w+)\.(\w+)\(/g)].map(([, name, call]) => `${name}.${call}`));

  test("that the page names is one that a version has", () => {
    expect(named.size).toBeGreaterThan(30);
    expect([...named].filter((call) => !offered.has(call))).toEqual([]);
  });

  test("that a version has is on the page", () => {
    // The same call under the name it had before.
    expect([...offered].filter((call) => !named.has(call) && call !== "adminPortal.generateLink")).toEqual([]);
    expect(page).toContain("`workos.adminPortal`");
  });
});

describe("an option of a call", () => {
  const samples: Readonly<Record<string, unknown>> = {
    domainData: [{ domain: "acme.example", state: "pending" }],
  };
  const needed: Readonly<Record<string, object>> = {
    listEvents: { events: ["dsync.user.created"] },
    createOrganization: { name: "Acme" },
    updateOrganization: { organization: "org_1" },
    createWebhookEndpoint: { events: ["dsync.user.created"] },
    updateWebhookEndpoint: { id: "we_1" },
    generateLink: { organization: "org_1", intent: "dsync" },
  };
  const rows = rowsOf("Options of calls").filter(([call = "", , ours = ""]) => {
    return call in needed || (call === "listDirectories" && ours !== "");
  });
  const renamed = rows.filter(([, theirs, ours = ""]) => /^\w+$/.test(ours) && theirs !== "adminEmails");

  test("is in the table for each call that the test knows", () => {
    expect(new Set(rows.map(([call]) => call))).toEqual(new Set([...Object.keys(needed), "listDirectories"]));
  });

  test.each(renamed)("%s takes %s, and ours takes %s: the same on the wire", async (call, theirs, ours) => {
    answer = { status: 200, body: { object: "list", data: [], list_metadata: {}, domains: [], events: [] } };
    const nothing = { query: new URLSearchParams(), body: "" };
    const value = samples[theirs ?? ""] ?? "2026-01-15T12:00:00.000Z";
    const base = needed[call ?? ""] ?? {};
    seen = nothing;
    await theirCall(call ?? "")({ ...base, [theirs ?? ""]: value }).catch(() => undefined);
    const wire = sent(ours ?? "");
    expect(wire).toEqual(value);
    seen = nothing;
    await ourCall(call ?? "", { ...base, [ours ?? ""]: value }).catch(() => undefined);
    expect(sent(ours ?? "")).toEqual(wire);
  });

  test("that has been renamed by the service goes out under its new name", async () => {
    answer = { status: 201, body: { link: "https://setup.example" } };
    await theirCall("generateLink")({ ...needed["generateLink"], adminEmails: ["it@acme.example"] });
    expect(sent("admin_emails")).toEqual(["it@acme.example"]);
    await ourCall("generateLink", { ...needed["generateLink"], it_contact_emails: ["it@acme.example"] });
    expect(sent("it_contact_emails")).toEqual(["it@acme.example"]);
  });
});

describe("a refusal of the service", () => {
  const complaint = { message: "no", code: "c", errors: [{ code: "required", field: "f" }] };

  test.each<[string, number, unknown]>([
    ["UnauthorizedException", 401, {}],
    ["NotFoundException", 404, {}],
    ["ConflictException", 409, { message: "no" }],
    ["BadRequestException", 400, complaint],
    ["UnprocessableEntityException", 422, complaint],
    ["RateLimitExceededException", 429, { message: "no" }],
    ["GenericServerException", 400, { message: "no", code: "c" }],
    ["GenericServerException", 400, { message: "no" }],
    ["GenericServerException", 403, { message: "no" }],
    ["GenericServerException", 500, { message: "no" }],
    ["OauthException", 400, { error: "no" }],
  ])("is a %s there for a %i of %j, and an ApiError with that status here", async (name, status, body) => {
    answer = { status, body };
    expect(await nameOf(theirCall("getUser")("u"))).toBe(name);
    expect(await client().users.get("u").catch(facts)).toMatchObject({ name: "ApiError", status });
    expect(errorRow(name)).toMatch(status === 400 || status >= 500 || status === 403 ? /ApiError/ : `${status}`);
  });

  test("is told in full, where theirs keeps the code alone", async () => {
    answer = { status: 422, body: complaint };
    expect(await client().users.get("u").catch(facts)).toMatchObject({ problems: [{ code: "required", field: "f" }] });
  });
});

test("a client without a key fails when it is made, where theirs fails at its first call", async () => {
  const keyless = new workos11.WorkOS({ clientId: "client_1" });
  expect(await nameOf(keyless.directorySync.getUser("u"))).toBe("ApiKeyRequiredException");
  expect(errorRow("ApiKeyRequiredException")).toContain("`ConfigError` with `where` `apiKey`");
  expect(() => new DirectorySync({ apiKey: "" })).toThrow(expect.objectContaining({ name: "ConfigError" }));
});

test("every exception that the page names is one of theirs, and every one about a call is named", () => {
  const named = [...page.matchAll(/`(\w+Exception)`/g)].map(([, name = ""]) => name);
  const offered = new Set(Object.keys({ ...workos8, ...workos11 }).filter((name) => name.endsWith("Exception")));
  expect([...new Set(named)].filter((name) => !offered.has(name))).toEqual([]);
  // The last is about signing in.
  expect([...offered].filter((name) => !named.includes(name))).toEqual(["AuthenticationException"]);
});

describe("the compiler", { timeout: 180_000 }, () => {
  const [theirs, ours] = [codesIn(rowsOf("Types", { raw: true }), 0), codesIn(rowsOf("Types", { raw: true }), 1)];
  const options = codesIn(rowsOf("Options of the constructor", { raw: true }), 0);

  test("knows every type in the left column, every type in the right, and each option of their constructor", () => {
    expect(theirs.length).toBeGreaterThan(15);
    expect(options.length).toBeGreaterThan(9);
    expect(compile(programOf(theirs, ours, options))).toEqual([]);
  });

  test.each([
    ["a type of theirs that is none", programOf(["Planted"], ours, options)],
    ["a type of ours that is none", programOf(theirs, ["Planted"], options)],
    ["an option of theirs that is none", programOf(theirs, ours, [...options, "planted"])],
    ["an option of theirs that is not told", programOf(theirs, ours, options.slice(1))],
  ])("(control) reports %s", (_name, program) => {
    expect(compile(program)).not.toEqual([]);
  });
});

function methodsOf(client: object, resource: string): readonly string[] {
  const target: unknown = Reflect.get(client, resource);
  if (typeof target !== "object" || target === null) return [];
  const names: string[] = [];
  for (let proto: unknown = Object.getPrototypeOf(target); isPrototype(proto); proto = Object.getPrototypeOf(proto)) {
    names.push(...Object.getOwnPropertyNames(proto).filter((name) => typeof Reflect.get(target, name) === "function"));
  }
  return names.filter((name) => name !== "constructor").map((name) => `${resource}.${name}`);
}

function isPrototype(value: unknown): value is object {
  return typeof value === "object" && value !== null && value !== Object.prototype;
}

function port(): number {
  return (server.address() as AddressInfo).port;
}

/** A call of theirs by its name, in the newest version. */
function theirCall(name: string): Call {
  const workos = new workos11.WorkOS("sk_test", { ...connection, port: port() });
  const resource = resources.map((each) => Reflect.get(workos, each) as Record<string, Call> | undefined);
  const owner = resource.find((each) => typeof each?.[name] === "function");
  if (owner === undefined) throw new Error(`${name} is no call of theirs.`);
  return async (...all) => owner[name]?.(...all);
}

function client(): DirectorySync {
  return new DirectorySync({ apiKey: "sk_test", baseUrl: `http://127.0.0.1:${port()}`, retriesMax: 0 });
}

async function ourCall(name: string, options: Readonly<Record<string, unknown>>): Promise<unknown> {
  const { organization, id, ...changes } = options;
  switch (name) {
    case "listDirectories":
      return client().directories.list(options).page();
    case "listEvents":
      return client().events.page(options as never);
    case "createOrganization":
      return client().organizations.create(options as never);
    case "updateOrganization":
      return client().organizations.update(String(organization), changes);
    case "createWebhookEndpoint":
      return client().webhookEndpoints.create(options as never);
    case "updateWebhookEndpoint":
      return client().webhookEndpoints.update(String(id), changes);
    case "generateLink":
      return client().portal.generateLink(options as never);
    default:
      throw new Error(`The test does not know ${name}.`);
  }
}

/** What came over the wire under this name. */
function sent(name: string): unknown {
  if (seen.body === "") return seen.query.get(name);
  return (JSON.parse(seen.body) as Record<string, unknown>)[name];
}

async function nameOf(work: Promise<unknown>): Promise<string> {
  return work.then(
    () => "no failure",
    (error: unknown) => (error instanceof Error ? error.constructor.name : String(error)),
  );
}

function facts(error: unknown): unknown {
  return error;
}

function errorRow(name: string): string {
  return rowsOf("Errors", { raw: true }).find(([left = ""]) => left.includes(`\`${name}\``))?.[1] ?? "";
}

/** The rows of the first table under a heading; without `raw`, of each cell only the first thing in backticks, or its text. */
function rowsOf(heading: string, { raw = false } = {}): readonly Row[] {
  const section = page.split(`\n## ${heading}\n`)[1]?.split("\n## ")[0] ?? "";
  const lines = section.split("\n").filter((line) => line.startsWith("|"));
  return lines.slice(2).map((line) => {
    const cells = line.split("|").slice(1, -1);
    return cells.map((cell) => (raw ? cell.trim() : (/`([^`]+)`/.exec(cell)?.[1] ?? cell.trim())));
  });
}

/** What stands in backticks in a column, as far as it is a name. */
function codesIn(rows: readonly Row[], column: number): readonly string[] {
  return rows.flatMap((row) => [...(row[column] ?? "").matchAll(/`(\w+)`/g)].map(([, name = ""]) => name));
}

function programOf(theirs: Row, ours: Row, options: Row): string {
  return [
    ...theirs.map((name, index) => `import type { ${name} as T${index} } from "workos-node-11";`),
    ...ours.map((name, index) => `import type { ${name} as O${index} } from "@dirsync/sdk";`),
    'import type { WorkOSOptions } from "workos-node-11";',
    `export const options: Record<keyof WorkOSOptions, true> = { ${options.map((name) => `${name}: true`).join(", ")} };`,
  ].join("\n");
}

function compile(program: string): readonly string[] {
  const folder = join(root, "test/.cache/docs-migration");
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const file = join(folder, "program.ts");
  writeFileSync(file, `${program}\n`);
  const compiler = makeProgram([file]);
  return ts
    .getPreEmitDiagnostics(compiler, compiler.getSourceFile(file))
    .map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, " "));
}
