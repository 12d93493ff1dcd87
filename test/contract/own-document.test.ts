/**
 * The OpenAPI document of our server: that it is one, and that the server does what it says. Every operation is asked for what
 * it does and for what it refuses, and every answer is held against the schema that the document has for it.
 */
import { Validator } from "@seriousme/openapi-schema-validator";
import { knownEventNames } from "@dirsync/sdk";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Contract, contractOf } from "./openapi.ts";
import { exchangeOwn, type OwnExchange, type OwnExchanges } from "./own-requests.ts";
import { type PopulatedService, startPopulatedService } from "./populated-service.ts";
import { contractRequests } from "./requests.ts";

interface Operation {
  readonly parameters: readonly { readonly $ref?: string }[];
  readonly responses: Readonly<Record<string, Response>>;
  readonly requestBody?: unknown;
  readonly security?: readonly unknown[];
}

interface Response {
  readonly $ref?: string;
  readonly description?: string;
  readonly headers?: Readonly<Record<string, unknown>>;
  readonly content?: Readonly<Record<string, unknown>>;
}

interface Document {
  readonly [field: string]: unknown;
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components: {
    readonly parameters: Readonly<Record<string, { readonly name: string; readonly in: string }>>;
    readonly responses: Readonly<Record<string, Response>>;
  };
}

let service: PopulatedService;
let document: Document;
let contract: Contract;
let own: OwnExchanges;
const exchanges: OwnExchange[] = [];

beforeAll(async () => {
  service = await startPopulatedService();
  document = (await service.ask("GET", "/openapi.json", { key: "" })).body as Document;
  contract = contractOf(document, "/components/schemas/Event/oneOf");
  own = await exchangeOwn(service);
  exchanges.push(...own.exchanges);
  for (const { operation } of guarded()) {
    const [method = "", path = ""] = operation.split(" ");
    const answer = await service.ask(method, path, { key: "sk_wrong" });
    exchanges.push({ operation, body: undefined, answer });
  }
  for (const { operation, path, ...options } of contractRequests(service)) {
    const answer = await service.ask(operation.split(" ")[0] ?? "GET", path, options);
    exchanges.push({ operation, body: options.body, answer });
  }
});

afterAll(() => service.close());

test("the document is valid by the schema of OpenAPI 3.1, and one with a flaw is not", async () => {
  const validator = new Validator();
  const isValid = async (text: string) => (await validator.validate(JSON.parse(text) as Document)).valid;
  const text = JSON.stringify(document);
  expect(await isValid(text)).toBe(true);
  for (const [part, flaw] of [
    ['"in":"query"', '"in":"the query"'],
    ['"responses":', '"answers":'],
    ['"type":"http"', '"type":"key"'],
  ] as const) {
    expect(text).toContain(part);
    expect(await isValid(text.replaceAll(part, flaw))).toBe(false);
  }
});

test("every answer is as the document says, to the last member", () => {
  const findings = exchanges.flatMap(({ operation, answer: { status, body } }) =>
    contract.answer(operation, status, body).map((finding) => `${operation} ${status} ${finding}`),
  );
  expect([...new Set(findings)]).toEqual([]);
});

test("every answer has the media type and the headers that the document says", () => {
  for (const { operation, answer } of exchanges) {
    const { content = {}, headers = {} } = responseOf(operation, answer.status);
    const [mediaType = null] = Object.keys(content);
    const sent = answer.headers.get("content-type")?.replace(/;.*/u, "") ?? null;
    expect([operation, answer.status, sent]).toEqual([operation, answer.status, mediaType]);
    const always = Object.keys(headers).filter((name) => name !== "Idempotent-Replayed");
    expect([operation, always.filter((name) => !answer.headers.has(name))]).toEqual([operation, []]);
  }
  expect(exchanges.some(({ answer }) => answer.headers.get("idempotent-replayed") === "true")).toBe(true);
});

test("every status that the document has was answered, but for those that need a broken server or a huge body", () => {
  const answered = new Set(exchanges.map(({ operation, answer }) => `${operation} ${String(answer.status)}`));
  const documented = operations().flatMap(({ operation, statuses }) => statuses.map((each) => `${operation} ${each}`));
  expect(documented.filter((each) => !/ (?:413|500|503)$/u.test(each) && !answered.has(each))).toEqual([]);
});

test("every code that a refusal has is named where the document speaks of its status", () => {
  const coded = exchanges.flatMap(({ operation, answer: { status, body } }) => {
    const code = (body as { readonly code?: unknown } | null)?.code;
    return status >= 400 && typeof code === "string" ? [{ operation, status, code }] : [];
  });
  expect(new Set(coded.map(({ code }) => code)).size).toBeGreaterThan(15);
  const unnamed = coded.filter(
    ({ operation, status, code }) => responseOf(operation, status).description?.includes(`\`${code}\``) !== true,
  );
  expect([...new Set(unnamed.map(({ operation, status, code }) => `${operation} ${status} ${code}`))]).toEqual([]);
});

test("every body that was taken is one that the document allows", () => {
  const taken = exchanges.filter(({ body, answer }) => typeof body === "object" && answer.status < 300);
  expect(taken.length).toBeGreaterThan(20);
  const findings = taken.flatMap(({ operation, body }) =>
    contract.request(operation, body).map((finding) => `${operation} ${finding}`),
  );
  expect(findings).toEqual([]);
});

test("every event of the log, and what a webhook endpoint was sent, is as the document says", () => {
  const logged = exchanges.flatMap(({ operation, answer }) => {
    const isLog = operation === "GET /events" && answer.status === 200;
    return isLog ? (answer.body as { data: { event: string }[] }).data : [];
  });
  const sent = own.webhooks.map(({ body }) => JSON.parse(body) as { event: string });
  expect(sent.length).toBeGreaterThan(0);
  expect([...logged, ...sent].flatMap((event) => contract.event(event))).toEqual([]);
  expect(new Set(logged.map(({ event }) => event)).size).toBeGreaterThan(9);
  const { parameters } = (document["webhooks"] as { event: { post: { parameters: { name: string }[] } } }).event.post;
  for (const { headers } of own.webhooks) {
    expect(parameters.filter(({ name }) => !(name.toLowerCase() in headers))).toEqual([]);
  }
});

test("every parameter of a query is read", async () => {
  const unread: string[] = [];
  for (const { operation, parameters } of operations()) {
    const [method = "", template = ""] = operation.split(" ");
    const base = await withId(template);
    const needed = parameters.includes("events") ? `events=${knownEventNames.join(",")}` : "";
    const without = await service.ask(method, `${base}?${needed}`);
    for (const name of parameters) {
      const query = name === "events" ? "events=none" : `${needed}&${name}=none`;
      const { status, text } = await service.ask(method, `${base}?${query}`);
      if (status === without.status && text === without.text) unread.push(`${operation} ${name}`);
    }
  }
  expect(unread).toEqual([]);
});

test("a broken answer is noticed", () => {
  const [ok] = exchanges.filter(({ operation, answer }) => operation === "GET /audit_log" && answer.status === 200);
  const page = ok?.answer.body as { readonly data: readonly Record<string, unknown>[] };
  const [entry] = page.data;
  const answer = (changed: object) => contract.answer("GET /audit_log", 200, { ...page, data: [changed] });
  expect(answer({ ...entry })).toEqual([]);
  expect(answer({ ...entry, action: undefined })).toEqual(["missing: /data/*/action"]);
  expect(answer({ ...entry, actor: { type: "ghost", id: null } })).toEqual([
    "wrong: /data/*/actor/type must be equal to one of the allowed values",
  ]);
  expect(answer({ ...entry, shoe_size: 44 })).toEqual(["extra: /data/*/shoe_size"]);
  expect(contract.answer("GET /audit_log", 418, {})).toEqual(["status: 418"]);
  expect(contract.request("POST /directories", { name: "Acme", type: "carrier pigeon" })).not.toEqual([]);
  expect(contract.event({ event: "dsync.user.created" })).not.toEqual([]);
});

function operations() {
  return Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, { parameters, responses, security }]) => ({
      operation: `${method.toUpperCase()} ${path}`,
      statuses: Object.keys(responses),
      isPublic: security?.length === 0,
      parameters: parameters
        .map(({ $ref = "" }) => document.components.parameters[$ref.split("/").at(-1) ?? ""])
        .flatMap((each) => (each?.in === "query" ? [each.name] : [])),
    })),
  );
}

function guarded() {
  return operations().filter(({ isPublic }) => !isPublic);
}

function responseOf(operation: string, status: number): Response {
  const [method = "", path = ""] = operation.split(" ");
  const response = document.paths[path]?.[method.toLowerCase()]?.responses[String(status)] ?? {};
  const { $ref } = response;
  return $ref === undefined ? response : (document.components.responses[$ref.split("/").at(-1) ?? ""] ?? {});
}

/** With the id of one of those that are still there. */
async function withId(template: string): Promise<string> {
  if (!template.includes("{id}")) return template;
  const { body } = await service.ask("GET", template.replace(/\/\{id\}.*/u, ""));
  return template.replace("{id}", (body as { data: { id: string }[] }).data[0]?.id ?? "unknown");
}
