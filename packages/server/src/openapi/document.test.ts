import { readdirSync, readFileSync } from "node:fs";
import { expect, onTestFinished, test } from "vitest";
import { resolveConfig } from "../config.ts";
import { apiKey, fields, startServer } from "../fixtures/running-server.ts";
import { openService } from "../service.ts";
import { version } from "../version.ts";
import { openApiDocument } from "./document.ts";
import { parameters } from "./parameters.ts";
import { operations } from "./routes.ts";

async function routes(): Promise<readonly string[]> {
  const service = await openService(resolveConfig({ dataFile: ":memory:", apiKey }));
  onTestFinished(() => service.close());
  return service.routes;
}

test("the document has every route there is but those of SCIM and the pages of the portal, and none that there is not", async () => {
  const all = await routes();
  const documented = all.filter(
    (route) => !route.includes("/scim/v2.0/") && !/ \/portal\/(?!generate_link)/u.test(route),
  );
  expect([...new Set(documented)].sort()).toEqual(Object.keys(operations).sort());
  const { paths } = openApiDocument(all) as { paths: Record<string, Record<string, object>> };
  const inDocument = Object.entries(paths).flatMap(([path, methods]) =>
    Object.keys(methods).map((method) => `${method.toUpperCase()} ${path.replaceAll(/\{(\w+)\}/gu, ":$1")}`),
  );
  expect(inDocument.sort()).toEqual(Object.keys(operations).sort());
});

test("a route that nothing is said of is an error", () => {
  expect(() => openApiDocument(["GET /events", "GET /shoe_sizes"])).toThrow("GET /shoe_sizes");
});

test("operations have ids of their own, every reference leads somewhere, and nothing is there that none leads to", async () => {
  const ids = Object.values(operations).map(({ operationId }) => operationId);
  expect(new Set(ids).size).toBe(ids.length);
  const document = openApiDocument(await routes());
  const text = JSON.stringify(document);
  const references = new Set([...text.matchAll(/"\$ref":"#\/components\/([^"]+)"/gu)].map(([, place = ""]) => place));
  const components = document["components"] as Record<string, Record<string, object>>;
  const there = Object.entries(components)
    .filter(([kind]) => kind !== "securitySchemes")
    .flatMap(([kind, named]) => Object.keys(named).map((name) => `${kind}/${name}`));
  expect([...references].filter((place) => !there.includes(place))).toEqual([]);
  expect(there.filter((place) => !references.has(place))).toEqual([]);
});

test("every parameter that the code reads is in the document", () => {
  const folder = new URL("../api/", import.meta.url);
  const sources = readdirSync(folder).filter((name) => name.endsWith(".ts") && !name.endsWith(".test.ts"));
  const read = sources.flatMap((name) => {
    const source = readFileSync(new URL(name, folder), "utf8");
    return [...source.matchAll(/(?:query\.get\(|parseTime\(query, |valuesOf\(query, )"(\w+)"/gu)].map(
      ([, parameter = ""]) => parameter,
    );
  });
  const documented = new Set<string>(Object.values(parameters).map(({ name }) => name));
  expect(new Set(read).size).toBeGreaterThan(10);
  expect(read.filter((name) => !documented.has(name))).toEqual([]);
  // (control) The other way round the contract test asks a running server.
  expect([...documented].filter((name) => !read.includes(name))).toEqual([]);
});

test("it is served without the key, with the address that the server is reached under", async () => {
  const running = await startServer({ publicUrl: "https://scim.acme.example" });
  const answer = await running.api("/openapi.json", { headers: { Authorization: "" } });
  expect(answer.status).toBe(200);
  expect(fields(answer)["servers"]).toEqual([{ url: "https://scim.acme.example" }]);
});

test("it tells the version of the package", () => {
  const manifest = JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8")) as {
    version: string;
  };
  expect(version).toBe(manifest.version);
});
