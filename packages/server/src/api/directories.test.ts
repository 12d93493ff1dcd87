import type { List } from "@dirsync/sdk";
import { describe, expect, test } from "vitest";
import { fields, startServer, text } from "../fixtures/running-server.ts";
import type { Answer, RunningServer } from "../fixtures/running-server.ts";

const ids = (answer: Answer) => (answer.body as List<{ id: string }>).data.map((item) => item.id);

describe("making organizations and directories", () => {
  async function created(running: RunningServer, path: string, body: unknown): Promise<Answer> {
    return await running.api(path, { method: "POST", body });
  }

  test("an organization keeps its external id and metadata, and the external id is its own", async () => {
    const running = await startServer();
    const body = { name: "Acme", external_id: "crm-1", metadata: { tier: "gold" } };
    const answer = await created(running, "/organizations", body);
    expect(answer.status).toBe(201);
    expect(answer.body).toMatchObject({ object: "organization", ...body, domains: [] });
    expect((await running.api(`/organizations/${text(answer, "id")}`)).body).toEqual(answer.body);
    expect((await running.api("/organizations/external_id/crm-1")).body).toEqual(answer.body);
    const again = await created(running, "/organizations", { name: "Other", external_id: "crm-1" });
    expect([again.status, fields(again)["code"]]).toEqual([400, "external_id_already_used"]);
  });

  test("an organization keeps its domains, each with an id, once each", async () => {
    const running = await startServer();
    const domainData = [
      { domain: "Acme.test", state: "verified" },
      { domain: "acme.example", state: "pending" },
      { domain: "acme.TEST ", state: "pending" },
    ];
    const body = { name: "Acme", domain_data: domainData, domains: ["acme.example", "old.test"] };
    const answer = await created(running, "/organizations", body);
    const id = text(answer, "id");
    expect([answer.status, fields(answer)["domains"]]).toMatchObject([
      201,
      [
        { object: "organization_domain", organization_id: id, domain: "acme.test", state: "verified" },
        { object: "organization_domain", organization_id: id, domain: "acme.example", state: "pending" },
        { object: "organization_domain", organization_id: id, domain: "old.test" },
      ],
    ]);
    const domainIds = (fields(answer)["domains"] as { id: string }[]).map((domain) => domain.id);
    expect(new Set(domainIds).size).toBe(3);
    for (const domainId of domainIds) expect(domainId).toMatch(/^org_domain_[0-9A-Z]{26}$/u);
    expect((await running.api(`/organizations/${id}`)).body).toEqual(answer.body);
    expect(fields(await running.api("/organizations"))["data"]).toEqual([answer.body]);
  });

  test("two organizations may share a domain", async () => {
    const running = await startServer();
    for (const name of ["One", "Two"]) {
      const answer = await created(running, "/organizations", { name, domains: ["acme.test"] });
      expect(answer).toMatchObject({ status: 201, body: { name, domains: [{ domain: "acme.test" }] } });
    }
  });

  test("a directory brings an organization when none is named, and shows its token once", async () => {
    const running = await startServer();
    const answer = await created(running, "/directories", { name: "Acme", type: "okta scim v2.0" });
    expect(answer.status).toBe(201);
    const { scim, ...directory } = fields(answer) as { scim: { bearer_token: string; base_url: string } };
    expect(scim.base_url).toBe(`${running.url}/scim/v2.0/${text(answer, "external_key")}`);
    const shown = await running.api(`/directories/${text(answer, "id")}`);
    expect(shown.body).toEqual(directory);
    expect(shown.text).not.toContain(scim.bearer_token);
    const organization = await running.api(`/organizations/${text(answer, "organization_id")}`);
    expect(organization.body).toMatchObject({ name: "Acme" });
  });

  test("dsync.activated names the domains of the organization, and dsync.deleted does not", async () => {
    const running = await startServer();
    const organization = await created(running, "/organizations", {
      name: "Acme",
      domains: ["acme.test", "a.example"],
    });
    const domains = fields(organization)["domains"] as { id: string; domain: string }[];
    const { created: directory } = await running.createDirectory({ organization_id: text(organization, "id") });
    await running.api(`/directories/${directory.id}`, { method: "DELETE" });
    const [activated, deleted] = await running.events();
    expect(activated).toMatchObject({ event: "dsync.activated", data: { external_key: directory.external_key } });
    expect(activated?.data["domains"]).toEqual(
      domains.map(({ id, domain }) => ({ object: "organization_domain", id, domain })),
    );
    expect(deleted).toMatchObject({ event: "dsync.deleted" });
    expect(deleted?.data).not.toHaveProperty("domains");
  });

  test.each([
    ["/directories", {}, ["name:required", "type:required"]],
    ["/directories", { name: "", type: "okta scim v2.0" }, ["name:invalid"]],
    ["/directories", { name: "A", type: "okta" }, ["type:invalid"]],
    ["/directories", { name: "A", type: "okta scim v2.0", soft_delete: "no" }, ["soft_delete:invalid"]],
    ["/directories", [], ["body:invalid"]],
    ["/organizations", { name: 1 }, ["name:invalid"]],
    ["/organizations", { name: "A", metadata: { a: 1 } }, ["metadata.a:invalid"]],
    ["/organizations", { name: "A", domain_data: [{ domain: "a.test" }] }, ["domain_data.0.state:required"]],
    [
      "/organizations",
      { name: "A", domain_data: [{ domain: "", state: "failed" }] },
      ["domain_data.0.domain:invalid", "domain_data.0.state:invalid"],
    ],
    ["/organizations", { name: "A", domains: "a.test" }, ["domains:invalid"]],
    ["/organizations", { name: "A", domains: ["a".repeat(254)] }, ["domains.0:invalid"]],
  ])("%s with %j is a 422 naming the fields", async (path, body, problems) => {
    const running = await startServer();
    const answer = await created(running, path, body);
    const errors = fields(answer)["errors"] as { field: string; code: string }[];
    expect([answer.status, errors.map((error) => `${error.field}:${error.code}`)]).toEqual([422, problems]);
    expect(await running.events()).toEqual([]);
  });

  test("a directory of an unknown organization is a 404 and leaves nothing", async () => {
    const running = await startServer();
    const body = { name: "A", type: "okta scim v2.0", organization_id: "org_nope" };
    expect((await created(running, "/directories", body)).status).toBe(404);
    expect(ids(await running.api("/directories"))).toEqual([]);
  });

  test("deleting a directory is 202, takes all it held, and is one event", async () => {
    const running = await startServer();
    const { scim, created: directory } = await running.createDirectory();
    const users: string[] = [];
    for (const userName of ["a@x.test", "b@x.test"]) {
      users.push(text(await scim("/Users", { method: "POST", body: { userName } }), "id"));
    }
    await scim("/Groups", { method: "POST", body: { displayName: "G", members: users.map((value) => ({ value })) } });
    const before = (await running.events()).length;
    const answer = await running.api(`/directories/${directory.id}`, { method: "DELETE" });
    expect(answer.status).toBe(202);
    const news = (await running.events()).slice(before);
    expect(news).toMatchObject([{ event: "dsync.deleted", data: { object: "directory", id: directory.id } }]);
    expect(news[0]?.data).not.toHaveProperty("external_key");
    for (const path of ["/directories", "/directory_users", "/directory_groups"]) {
      expect(ids(await running.api(path))).toEqual([]);
    }
    expect((await running.api(`/directories/${directory.id}`)).status).toBe(404);
    expect((await running.api(`/directories/${directory.id}`, { method: "DELETE" })).status).toBe(404);
    expect((await running.api(`/directory_users/${users[0] ?? ""}`)).status).toBe(404);
  });
});
