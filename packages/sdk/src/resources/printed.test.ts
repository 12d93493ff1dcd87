import { inspect } from "node:util";
import { describe, expect, test } from "vitest";
import { DirectorySync } from "../client.ts";
import type { RequestHooks } from "../http/hooks.ts";
import { failure, hastyRuntime } from "../http/test-calls.ts";
import { json, listBody, serve } from "../http/test-server.ts";
import type { Logger } from "../runtime.ts";

const stamps = { created_at: "2026-01-15T12:00:00.000Z", updated_at: "2026-01-15T12:00:00.000Z" };
const scim = { base_url: "http://x/scim/v2.0/key", bearer_token: "very_secret_token" };
const directory = { object: "directory", id: "directory_1", type: "s3", state: "linked", name: "Acme", ...stamps };
const endpoint = {
  object: "webhook_endpoint",
  id: "we_1",
  endpoint_url: "https://example.com/webhooks",
  secret: "whsec_very_secret",
  status: "enabled",
  events: ["dsync.user.created"],
  ...stamps,
};

async function clientOf(body: unknown): Promise<DirectorySync> {
  const server = await serve((_request, response) => json(response, body));
  return new DirectorySync({ apiKey: "sk_test", baseUrl: server.url, retriesMax: 0 });
}

describe("a secret", () => {
  test.each([
    [
      "of a webhook endpoint",
      endpoint,
      "whsec_very_secret",
      async (client: DirectorySync): Promise<object> =>
        client.webhookEndpoints.create({ endpoint_url: "u", events: [] }),
    ],
    [
      "of a webhook endpoint in a list",
      listBody([endpoint]),
      "whsec_very_secret",
      async (client: DirectorySync): Promise<object> => client.webhookEndpoints.list().page(),
    ],
    [
      "of a new directory",
      { ...directory, scim },
      "very_secret_token",
      async (client: DirectorySync): Promise<object> => client.directories.create({ name: "Acme", type: "s3" }),
    ],
    [
      "of a link that opens the portal",
      { link: "https://setup.example/?token=very_secret" },
      "very_secret",
      async (client: DirectorySync): Promise<object> =>
        client.portal.generateLink({ organization: "org_1", intent: "dsync" }),
    ],
  ])("%s is hidden when it is printed, and whole where it is read, copied or stored", async (...entry) => {
    const [, body, secret, ask] = entry;
    const client = await clientOf(body);
    const answer = await ask(client);
    expect(inspect(answer, { depth: 9, showHidden: false })).not.toContain(secret);
    expect(inspect({ nested: [answer] }, { depth: 9 })).toContain("[hidden]");
    expect(JSON.stringify(answer)).toContain(secret);
    expect(JSON.stringify({ ...answer })).toContain(secret);
  });

  const link = "https://setup.example/?token=very_secret";

  test.each([
    ["in an answer that is good", JSON.stringify({ link }), 201],
    ["in one that lacks what it must have", JSON.stringify({ url: link }), 201],
    ["in one that is no JSON", `{"link":"${link}`, 201],
    ["in one that is no JSON from its first character", link, 201],
  ])("%s reaches no hook, no log and no error", async (_name, body, status) => {
    const server = await serve((_request, response) =>
      response.writeHead(status, { "content-type": "application/json" }).end(body),
    );
    const seen: unknown[] = [];
    const keep = (...all: unknown[]): void => void seen.push(all);
    const hooks: RequestHooks = { onRequest: keep, onResponse: keep, onRetry: keep };
    const log: Logger = { debug: keep, info: keep, warn: keep, error: keep };
    const runtime = { ...hastyRuntime().runtime, log };
    const client = new DirectorySync({ apiKey: "sk_test", baseUrl: server.url, hooks: [hooks], runtime });
    const error = await failure(client.portal.generateLink({ organization: "org_1", intent: "dsync" }));
    expect(seen).not.toEqual([]);
    const shown = inspect([seen, error], { depth: 12, showHidden: true }) + JSON.stringify([seen, error]);
    expect(shown).not.toContain("very_secret");
  });
});

test("what has no `object` is read all the same, as the service's own samples have none", async () => {
  const { object: _endpoint, ...bareEndpoint } = endpoint;
  const { object: _directory, ...bareDirectory } = directory;
  const organization = { id: "org_1", name: "Acme", ...stamps };
  const [endpoints, directories] = [await clientOf(listBody([bareEndpoint])), await clientOf(bareDirectory)];
  expect((await endpoints.webhookEndpoints.list().page()).data).toEqual([bareEndpoint]);
  expect(await directories.directories.get("directory_1")).toEqual(bareDirectory);
  expect(await (await clientOf(organization)).organizations.get("org_1")).toEqual(organization);
  const wrong = await clientOf({ ...organization, object: "directory" });
  expect(await failure(wrong.organizations.get("org_1"))).toMatchObject({ name: "ContractError" });
});
