import type { List, Organization } from "@dirsync/sdk";
import { describe, expect, test } from "vitest";
import { fields, startServer, text } from "../fixtures/running-server.ts";
import type { Answer, RunningServer } from "../fixtures/running-server.ts";

const ids = (answer: Answer) => (answer.body as List<Organization>).data.map((item) => item.id);

async function withOrganization(body: object = {}) {
  const running = await startServer();
  const made = await make(running, { name: "Acme", ...body });
  const id = text(made, "id");
  return {
    running,
    id,
    made,
    change: (changes: unknown) => running.api(`/organizations/${id}`, { method: "PUT", body: changes }),
    read: () => running.api(`/organizations/${id}`),
  };
}

async function make(running: RunningServer, body: object): Promise<Answer> {
  return await running.api("/organizations", { method: "POST", body });
}

describe("changing an organization", () => {
  test("what is named changes, and the rest stays", async () => {
    const { made, change, read } = await withOrganization({ external_id: "crm-1", metadata: { tier: "gold" } });
    const changes = { name: "Acme Inc.", stripe_customer_id: "cus_1", allow_profiles_outside_organization: true };
    const answer = await change(changes);
    expect(answer).toMatchObject({
      status: 200,
      body: { ...changes, id: text(made, "id"), external_id: "crm-1", metadata: { tier: "gold" } },
    });
    expect(text(answer, "updated_at") > text(made, "updated_at")).toBe(true);
    expect((await read()).body).toEqual(answer.body);
    expect(await change({})).toMatchObject({ status: 200, body: answer.body });
  });

  test("null takes an id out, and another organization may have it then", async () => {
    const { running, change } = await withOrganization({ external_id: "crm-1" });
    await change({ stripe_customer_id: "cus_1" });
    const answer = await change({ external_id: null, stripe_customer_id: null });
    expect(fields(answer)).toMatchObject({ external_id: null });
    expect(fields(answer)).not.toHaveProperty("stripe_customer_id");
    expect((await make(running, { name: "Other", external_id: "crm-1" })).status).toBe(201);
  });

  // https://workos.com/docs/authkit/metadata, seen 2026-02.
  test.each([
    [{ seats: "5" }, { tier: "gold", plan: "old", seats: "5" }],
    [{ plan: null, tier: "silver" }, { tier: "silver" }],
    [{ unknown: null }, { tier: "gold", plan: "old" }],
    [{}, {}],
    [null, {}],
  ])("metadata %j is a change of the metadata there is", async (metadata, expected) => {
    const { change } = await withOrganization({ metadata: { tier: "gold", plan: "old" } });
    expect(fields(await change({ metadata }))["metadata"]).toEqual(expected);
  });

  test("metadata that would become too much is refused, and nothing is changed", async () => {
    const keys = (prefix: string) => Object.fromEntries(Array.from({ length: 30 }, (_, at) => [`${prefix}${at}`, "x"]));
    const { made, change, read } = await withOrganization({ metadata: keys("a") });
    const answer = await change({ name: "Other", metadata: keys("b") });
    expect(answer).toMatchObject({ status: 400, body: { code: "invalid_metadata" } });
    expect((await read()).body).toEqual(made.body);
  });

  test("a list of domains replaces the one before; what stays keeps its id and its state", async () => {
    const { running, id, made, change } = await withOrganization({
      domain_data: [
        { domain: "acme.test", state: "verified" },
        { domain: "old.test", state: "pending" },
      ],
    });
    const [kept] = fields(made)["domains"] as { id: string }[];
    const answer = await change({ domains: ["New.test", "acme.test"] });
    expect(fields(answer)["domains"]).toMatchObject([
      { domain: "new.test" },
      { domain: "acme.test", state: "verified", id: kept?.id },
    ]);
    const owners = async (domain: string) => ids(await running.api(`/organizations?domains=${domain}`));
    expect([await owners("old.test"), await owners("new.test")]).toEqual([[], [id]]);
    expect(fields(await change({ domain_data: [] }))["domains"]).toEqual([]);
    expect(await owners("acme.test")).toEqual([]);
  });

  test.each([
    ["external_id", "external_id_already_used"],
    ["stripe_customer_id", "stripe_customer_id_already_used"],
  ])("a %s of another organization is refused; its own is not", async (field, code) => {
    const { running, change } = await withOrganization();
    const other = text(await make(running, { name: "Other" }), "id");
    await running.api(`/organizations/${other}`, { method: "PUT", body: { [field]: "taken" } });
    expect(await change({ [field]: "taken" })).toMatchObject({ status: 400, body: { code } });
    await change({ [field]: "own" });
    expect((await change({ [field]: "own" })).status).toBe(200);
  });

  test.each([
    [{ name: "" }, "name"],
    [{ name: null }, "name"],
    [{ external_id: "ünique" }, "external_id"],
    [{ metadata: { a: 1 } }, "metadata.a"],
    [{ domain_data: [{ domain: "a.test", state: "failed" }] }, "domain_data.0.state"],
    [[], "body"],
  ])("%j is refused, naming the field", async (body, field) => {
    const { change } = await withOrganization();
    expect(await change(body)).toMatchObject({ status: 422, body: { errors: [{ field }] } });
  });
});

describe("organizations by domain", () => {
  test.each([
    ["domains=acme.test", ["acme"]],
    ["domains=ACME.test", ["acme"]],
    ["domains=acme.test,beta.test", ["acme", "beta"]],
    ["domains[]=beta.test&domains[]=shared.test", ["acme", "beta"]],
    ["domains=shared.test&search=bet", ["beta"]],
    ["domains=test", []],
    ["domains=unknown.test", []],
    ["domains=", []],
  ])("%s: only those that have one of them", async (query, expected) => {
    const running = await startServer();
    for (const name of ["acme", "beta", "gamma"]) {
      const domains = name === "gamma" ? [] : [`${name}.test`, "shared.test"];
      await make(running, { name, domains });
    }
    const { data } = (await running.api(`/organizations?order=asc&${query}`)).body as List<Organization>;
    expect(data.map(({ name }) => name)).toEqual(expected);
  });

  test("directories by a domain of their organization", async () => {
    const { running, id } = await withOrganization({ domains: ["acme.test"] });
    const { created } = await running.createDirectory({ organization_id: id });
    await running.createDirectory({ name: "Beta" });
    expect(ids(await running.api("/directories?domain=Acme.test"))).toEqual([created.id]);
    expect(ids(await running.api("/directories?domain=other.test"))).toEqual([]);
  });
});

describe("deleting an organization", () => {
  test("takes its directories along, each of which says so, and no other's", async () => {
    const { running, id } = await withOrganization({ domains: ["acme.test"] });
    const first = await running.createDirectory({ organization_id: id });
    const second = await running.createDirectory({ organization_id: id });
    const other = await running.createDirectory({ name: "Other" });
    await first.scim("/Users", { method: "POST", body: { userName: "ann@acme.test" } });
    const before = await running.events();
    expect((await running.api(`/organizations/${id}`, { method: "DELETE" })).status).toBe(202);

    const after = (await running.events()).slice(before.length);
    expect(after.map(({ event, data }) => [event, data["id"]])).toEqual([
      ["dsync.deleted", first.created.id],
      ["dsync.deleted", second.created.id],
    ]);
    expect(ids(await running.api("/directories"))).toEqual([other.created.id]);
    expect(ids(await running.api("/directory_users"))).toEqual([]);
    expect(ids(await running.api("/organizations?domains=acme.test"))).toEqual([]);
    expect((await first.scim("/Users")).status).toBe(401);
    for (const method of ["GET", "DELETE"]) {
      const answer = await running.api(`/organizations/${id}`, { method });
      expect(answer).toMatchObject({ status: 404, body: { message: `Organization not found: '${id}'.` } });
    }
  });

  test("whoever reads the events of the organization hears of the end of its directories", async () => {
    const { running, id } = await withOrganization();
    await running.createDirectory({ organization_id: id });
    await running.api(`/organizations/${id}`, { method: "DELETE" });
    const events = await running.api(`/events?events=dsync.activated,dsync.deleted&organization_id=${id}`);
    const names = (events.body as List<{ event: string }>).data.map(({ event }) => event);
    expect(names).toEqual(["dsync.activated", "dsync.deleted"]);
  });

  test("a reader of the list who stands on it goes on behind it", async () => {
    const { running, id } = await withOrganization();
    const next = text(await make(running, { name: "Next" }), "id");
    await running.api(`/organizations/${id}`, { method: "DELETE" });
    expect(ids(await running.api(`/organizations?order=asc&after=${id}`))).toEqual([next]);
  });

  test("a link to the portal that was made before leads nowhere, and its external id is free", async () => {
    const { running, id } = await withOrganization({ external_id: "crm-1" });
    const body = { organization: id, intent: "dsync" };
    const link = text(await running.api("/portal/generate_link", { method: "POST", body }), "link");
    await running.api(`/organizations/${id}`, { method: "DELETE" });
    expect((await fetch(link)).status).toBe((await fetch(link.replace(/token=.*/u, "token=unknown"))).status);
    expect((await make(running, { name: "Again", external_id: "crm-1" })).status).toBe(201);
  });
});
