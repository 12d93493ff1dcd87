import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { SelfHosted } from "./self-hosted/client.ts";

/** The calls that the tables of the README have for each resource. */
function documented(): Map<string, Set<string>> {
  const calls = new Map<string, Set<string>>();
  const readme = readFileSync(new URL("../README.md", import.meta.url), "utf8");
  for (const [, resource = "", cell = ""] of readme.matchAll(/^\| `client\.(\w+)` +\| (.*)\|$/gmu)) {
    const names = [...cell.matchAll(/`(\w+)`/gu)].map(([, name = ""]) => name);
    calls.set(resource, new Set([...(calls.get(resource) ?? []), ...names]));
  }
  return calls;
}

/** The calls of a resource, those that it has from another among them. */
function callsOf(resource: object): readonly string[] {
  const parent = Object.getPrototypeOf(resource) as object;
  if (parent === Object.prototype) return [];
  return [...Object.getOwnPropertyNames(parent).filter((name) => name !== "constructor"), ...callsOf(parent)];
}

test("the README has every call of every resource", () => {
  const client = new SelfHosted({ apiKey: "sk_test", baseUrl: "http://127.0.0.1:1" });
  const resources = Object.entries(client).filter(([, value]) => typeof value === "object");
  const inReadme = documented();
  expect(resources.map(([name]) => name).sort()).toEqual([...inReadme.keys()].sort());
  for (const [name, resource] of resources) {
    const missing = callsOf(resource as object).filter((call) => inReadme.get(name)?.has(call) !== true);
    expect({ name, missing }).toEqual({ name, missing: [] });
  }
});
