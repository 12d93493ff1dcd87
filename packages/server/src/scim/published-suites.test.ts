import { describe, expect, test } from "vitest";
import { fields, startServer, text } from "../fixtures/running-server.ts";
import type { Answer, RunningDirectory } from "../fixtures/running-server.ts";

/*
 * What published conformance suites ask of a server and no other test of ours held. They were read (scim2/test-suite, python-scim/scim2-tester,
 * wso2-incubator/scim2-compliance-test-suite, suvera/scim2-compliance-test-utility, the compliance tests of apache/directory-scimple and
 * Okta's SCIM 2.0 spec test, in the copies of 2026-11-28), and what they send was played by hand: none of them has been run here.
 * docs/scim.md says where we answer otherwise on purpose.
 */

type Scim = RunningDirectory["scim"];

const userUrn = "urn:ietf:params:scim:schemas:core:2.0:User";
const patchUrn = "urn:ietf:params:scim:api:messages:2.0:PatchOp";

/** What docs/scim.md tells to give to the directory that a suite is let at. */
const forSuites = { missing_emails: "allow", unmatched_filters: "refuse" };

async function directory(settings: object = forSuites) {
  const running = await startServer();
  const { scim, created } = await running.createDirectory();
  const { status } = await running.api(`/directories/${created.id}/scim`, { method: "PUT", body: settings });
  expect(status).toBe(200);
  return { running, scim };
}

const post = (scim: Scim, user: object): Promise<Answer> =>
  scim("/Users", { method: "POST", body: { schemas: [userUrn], ...user } });

const patch = (scim: Scim, id: string, ...operations: readonly object[]): Promise<Answer> =>
  scim(`/Users/${id}`, { method: "PATCH", body: { schemas: [patchUrn], Operations: operations } });

describe("a user who has a name and no address, which is all that the suites send of most", () => {
  test("is made, found, replaced, changed and deleted where the directory allows it", async () => {
    const { running, scim } = await directory();
    const made = await post(scim, { userName: "scim-test-1" });
    const id = text(made, "id");
    expect([made.status, fields(made)["userName"]]).toEqual([201, "scim-test-1"]);
    expect(fields(made)).not.toHaveProperty("emails");
    const found = await scim('/Users?filter=userName eq "SCIM-TEST-1"');
    expect(fields(found)["totalResults"]).toBe(1);
    const put = await scim(`/Users/${id}`, { method: "PUT", body: { userName: "scim-test-1", displayName: "One" } });
    expect([put.status, fields(put)["displayName"]]).toEqual([200, "One"]);
    expect((await patch(scim, id, { op: "replace", path: "nickName", value: "N" })).status).toBe(200);
    expect((await scim(`/Users/${id}`, { method: "DELETE" })).status).toBe(204);
    const users = (await running.events()).filter(({ event }) => event.startsWith("dsync.user."));
    const told = users.map(({ event, data }) => [event.replace("dsync.user.", ""), (data as { email: unknown }).email]);
    expect(told[0]).toEqual(["created", null]);
    expect(told.at(-1)).toEqual(["deleted", null]);
  });

  test("is made in bulk, and may lose the last address by a PATCH", async () => {
    const { scim } = await directory();
    const operation = { method: "POST", path: "/Users", bulkId: "q", data: { userName: "loginUser6" } };
    const bulk = await scim("/Bulk", { method: "POST", body: { Operations: [operation] } });
    expect(fields(bulk)["Operations"]).toMatchObject([{ status: "201", bulkId: "q" }]);
    const two = [
      { value: "a@example.com", type: "work" },
      { value: "b@example.com", type: "home" },
    ];
    const id = text(await post(scim, { userName: "scim-test-2", emails: two }), "id");
    const emptied = await patch(scim, id, { op: "remove", path: "emails" });
    expect([emptied.status, "emails" in fields(emptied)]).toEqual([200, false]);
  });

  test.each([["lenient"], ["strict"]])("is refused by a %s directory that has not said so", async (mode) => {
    const { scim } = await directory({ mode });
    const refused = await post(scim, { userName: "scim-test-1" });
    expect([refused.status, fields(refused)["scimType"]]).toEqual([400, "invalidValue"]);
  });
});

describe("a PATCH whose filter selects nothing", () => {
  const work = { value: "only@example.com", type: "work" };
  const path = 'emails[type eq "home"].value';

  test.each([
    ["replace", { path, value: "h@example.com" }],
    ["add", { path, value: "h@example.com" }],
    ["replace", { path: 'emails[type eq "home"]', value: { value: "h@example.com" } }],
  ])("is noTarget, and changes nothing, where the directory wants it so: %s %j", async (op, rest) => {
    const { scim } = await directory();
    const id = text(await post(scim, { userName: "scim-test-3", emails: [work] }), "id");
    const refused = await patch(scim, id, { op: "replace", path: "nickName", value: "N" }, { op, ...rest });
    expect([refused.status, fields(refused)["scimType"]]).toEqual([400, "noTarget"]);
    const after = fields(await scim(`/Users/${id}`));
    expect([after["emails"], after["nickName"]]).toEqual([[work], undefined]);
  });

  test("changes what it selects all the same, and creates what is missing where nothing was decided", async () => {
    const { scim } = await directory();
    const id = text(await post(scim, { userName: "scim-test-4", emails: [work] }), "id");
    const changed = await patch(scim, id, {
      op: "replace",
      path: 'emails[type eq "work"]',
      value: { value: "n@x.test" },
    });
    expect(fields(changed)["emails"]).toEqual([{ type: "work", value: "n@x.test" }]);
    const undecided = await directory({});
    const other = text(await post(undecided.scim, { userName: "a@x.test", emails: [work] }), "id");
    const created = await patch(undecided.scim, other, { op: "replace", path, value: "h@example.com" });
    expect(fields(created)["emails"]).toEqual([work, { type: "home", value: "h@example.com" }]);
  });
});

describe("a list that says one value of one type twice", () => {
  const twice = [
    { value: "dup@example.com", type: "work" },
    { value: "DUP@example.com", type: "Work", primary: true },
    { value: "dup@example.com", type: "home" },
  ];
  const once = [
    { value: "DUP@example.com", type: "Work", primary: true },
    { value: "dup@example.com", type: "home" },
  ];

  test("says it once, with all that was said of it, however it is written", async () => {
    const { scim } = await directory();
    const made = await post(scim, { userName: "scim-test-5", emails: twice });
    expect(fields(made)["emails"]).toEqual(once);
    const address = `/Users/${text(made, "id")}`;
    const put = await scim(address, { method: "PUT", body: { userName: "scim-test-5", emails: twice } });
    expect(fields(put)["emails"]).toEqual(once);
    const replaced = await patch(scim, text(made, "id"), { op: "replace", path: "emails", value: twice });
    expect(fields(replaced)["emails"]).toEqual(once);
  });

  test("keeps what is told apart by letter case alone, where letter case counts, and what has no value", async () => {
    const { scim } = await directory();
    const photos = [{ value: "https://x.test/A" }, { value: "https://x.test/a" }];
    const addresses = [
      { locality: "Oslo", type: "work" },
      { locality: "Bergen", type: "work" },
    ];
    const made = await post(scim, { userName: "scim-test-6", photos, addresses });
    expect(fields(made)).toMatchObject({ photos, addresses });
  });
});

describe("a bulk request", () => {
  const gone = { method: "DELETE", path: "/Users/nobody" };
  const bulk = async (scim: Scim, body: object): Promise<readonly Record<string, unknown>[]> => {
    const answer = await scim("/Bulk", { method: "POST", body });
    expect(answer.status).toBe(200);
    return fields(answer)["Operations"] as readonly Record<string, unknown>[];
  };

  test.each([[{ method: "DELETE" }], [{ method: "DELETE", path: 1 }], [{ method: "POST", path: null, data: {} }]])(
    "answers %j with 400: every operation has a path",
    async (operation) => {
      const { scim } = await directory();
      expect(await bulk(scim, { Operations: [operation, gone] })).toMatchObject([
        { status: "400", response: { scimType: "invalidSyntax" } },
        { status: "404" },
      ]);
    },
  );

  test.each([[0], [1]])("whose failOnErrors is %i ends at the first error", async (failOnErrors) => {
    const { scim } = await directory();
    const made = { method: "POST", path: "/Users", bulkId: "a", data: { userName: "scim-test-7" } };
    const statuses = (operations: readonly Record<string, unknown>[]) => operations.map(({ status }) => status);
    expect(statuses(await bulk(scim, { failOnErrors, Operations: [made, gone, gone] }))).toEqual(["201", "404"]);
  });
});

describe("If-Match on a read", () => {
  test.each([["/Users"], ["/Groups"]])(
    "of one of %s gives 412 for another version, whatever else is asked",
    async (path) => {
      const { scim } = await directory();
      const named = { userName: "scim-test-8", displayName: "Team" };
      const made = await scim(path, { method: "POST", body: named });
      const address = `${path}/${text(made, "id")}`;
      const tag = String(made.headers.get("etag"));
      const read = async (headers: Readonly<Record<string, string>>): Promise<number> =>
        (await scim(address, { headers })).status;
      expect(await read({ "If-Match": 'W/"abc"' })).toBe(412);
      expect(await read({ "If-Match": 'W/"abc"', "If-None-Match": tag })).toBe(412);
      expect(await read({ "If-Match": tag, "If-None-Match": tag })).toBe(304);
      expect([await read({ "If-Match": tag }), await read({ "If-Match": "*" })]).toEqual([200, 200]);
    },
  );
});

describe("the suffix .scim, by which RFC 7644 section 3.8 lets a client ask for the format", () => {
  test("changes no answer", async () => {
    const { scim } = await directory();
    const id = text(await post(scim, { userName: "scim-test-9" }), "id");
    const paths = [
      `/Users/${id}`,
      "/Users",
      "/Groups",
      "/ServiceProviderConfig",
      "/ResourceTypes/User",
      `/Schemas/${userUrn}`,
    ];
    for (const path of paths) {
      const [plain, suffixed] = [await scim(path), await scim(`${path}.scim`)];
      expect([path, suffixed.status, suffixed.body]).toEqual([path, 200, plain.body]);
    }
    expect((await scim(`/Users/${id}.scim?attributes=userName`)).body).not.toHaveProperty("active");
    expect((await scim("/Nothing.scim")).status).toBe(404);
  });
});
