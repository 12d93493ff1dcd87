/** Schema names from before RFC 7643, which OneLogin's templates still have (idps.md section 3), wherever a request has names. */
import { describe, expect, test } from "vitest";
import { fields, startServer, text } from "../fixtures/running-server.ts";
import { enterpriseUserUrn, userSchemaUrn } from "./schema/schemas.ts";

const enterprise = { department: "QA", manager: { value: "m1", displayName: "Mia" } };

/** A OneLogin directory with a person as its templates send them. */
async function started(legacy: string) {
  const running = await startServer();
  const { scim } = await running.createDirectory({ type: "onelogin scim v2.0" });
  const body = {
    schemas: ["urn:scim:schemas:core:2.0", legacy],
    userName: "amy@acme.test",
    emails: [{ value: "amy@acme.test", primary: true }],
    [legacy]: { department: "QA", manager: { managerId: "m1", displayName: "Mia" } },
  };
  const made = await scim("/Users?", { method: "POST", body });
  expect(made.status).toBe(201);
  return { running, scim, user: `/Users/${text(made, "id")}` };
}

describe.each([
  "urn:scim:schemas:extension:enterprise:1.0",
  "urn:scim:schemas:extension:enterprise:2.0",
  "urn:scim:schemas:extension:enterprise:2.0:User",
])("%s", (legacy) => {
  test("may hold a managerId, which apps are told as the id of the manager", async () => {
    const { running, scim, user } = await started(legacy);
    expect(fields(await scim(user))[enterpriseUserUrn]).toEqual(enterprise);
    const [event] = (await running.events()).slice(-1);
    expect(event?.data["custom_attributes"]).toMatchObject({ manager_id: "m1", manager_name: "Mia" });
    const operation = { op: "replace", path: `${legacy}:manager.managerId`, value: "m2" };
    await scim(user, { method: "PATCH", body: { Operations: [operation] } });
    expect(fields(await scim(user))[enterpriseUserUrn]).toMatchObject({ manager: { value: "m2" } });
  });

  test("may be asked for, whole or in part, and left out", async () => {
    const { scim, user } = await started(legacy);
    const { department } = enterprise;
    for (const [query, shown] of [
      [`attributes=${legacy}`, enterprise],
      [`attributes=userName,${legacy}:department`, { department }],
      [`attributes=${legacy}:manager.managerId`, { manager: { value: "m1" } }],
      [`excludedAttributes=${legacy}:manager`, { department }],
      [`excludedAttributes=${legacy}`, undefined],
    ] as const) {
      const [one, list] = [await scim(`${user}?${query}`), await scim(`/Users?${query}`)];
      expect(fields(one)[enterpriseUserUrn]).toEqual(shown);
      expect(fields(list)["Resources"]).toEqual([one.body]);
    }
  });

  test("may be filtered and sorted by, in an address and in a search", async () => {
    const { scim } = await started(legacy);
    const found = async (filter: string) => {
      const query = new URLSearchParams({ filter, sortBy: `${legacy}:department` });
      const totals = [await scim(`/Users?${query.toString()}`)];
      for (const path of ["/Users/.search", "/.search"]) {
        totals.push(await scim(path, { method: "POST", body: Object.fromEntries(query) }));
      }
      return totals.map((answer) => fields(answer)["totalResults"]);
    };
    expect(await found(`${legacy}:department eq "QA" and ${legacy}:manager.managerId eq "m1"`)).toEqual([1, 1, 1]);
    expect(await found(`${legacy}:department eq "Sales"`)).toEqual([0, 0, 0]);
  });
});

test.each([userSchemaUrn, "urn:scim:schemas:core:1.0", "urn:scim:schemas:core:2.0"])(
  "%s by itself is every attribute outside of extensions",
  async (core) => {
    const { scim, user } = await started("urn:scim:schemas:extension:enterprise:2.0");
    const { [enterpriseUserUrn]: extension, ...whole } = fields(await scim(user));
    expect(extension).toEqual(enterprise);
    expect(fields(await scim(`${user}?attributes=${core}`))).toEqual(whole);
    const { id, schemas } = whole;
    const others = { id, schemas, [enterpriseUserUrn]: extension };
    expect(fields(await scim(`${user}?excludedAttributes=${core}`))).toEqual(others);
  },
);
