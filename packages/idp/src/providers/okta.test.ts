import { afterEach, describe, expect, test } from "vitest";
import { ApiError } from "@dirsync/sdk";
import { readCases, startRecorder } from "../fixtures/recorder.ts";
import type { Recorder } from "../fixtures/recorder.ts";
import type { Person } from "../people.ts";
import type { IdentityProvider } from "../provider.ts";
import { sendOverHttp } from "../transport.ts";
import type { ScimRequest, ScimTransport } from "../transport.ts";
import { connectOkta } from "./okta.ts";

const token = "scim_0123456789abcdef";
const payroll = { id: "payroll", name: "Payroll" };

const acts: Readonly<Record<string, (okta: IdentityProvider) => Promise<void>>> = {
  "test connection": (okta) => okta.testConnection(),
  "assign somebody new": (okta) => okta.assign(somebody("Maya", "Holt")),
  "assign when the search answers 404": (okta) => okta.assign(somebody("Maya", "Holt")),
  "push a profile": async (okta) => {
    const omar = somebody("Omar", "Reid");
    await okta.assign(omar);
    const married = { familyName: "Reid-Lane", displayName: "Omar Reid-Lane", title: "Staff Engineer" };
    await okta.update({ ...omar, ...married });
  },
  "deactivate, then reactivate": async (okta) => {
    const noah = somebody("Noah", "Pike");
    await okta.assign(noah);
    await okta.deactivate(noah);
    await okta.reactivate(noah);
  },
  "lose a create race, then match": async (okta) => {
    const joel = somebody("Joel", "Kent");
    await expect(okta.assign(joel)).rejects.toMatchObject({ status: 409, code: "uniqueness" });
    await okta.assign(joel);
  },
  "push a group": async (okta) => {
    const [one, two] = [somebody("U", "One"), somebody("U", "Two")];
    await okta.assign(one);
    await okta.assign(two);
    await okta.createGroup(payroll);
    await okta.addMembers(payroll, [one, two]);
    await okta.renameGroup(payroll, "Payroll EMEA");
    const renamed = { ...payroll, name: "Payroll EMEA" };
    await okta.removeMembers(renamed, [one]);
    await okta.deleteGroup(renamed);
  },
};

let recorder: Recorder | undefined;

afterEach(async () => {
  await recorder?.close();
});

describe("Okta sends what Okta sends", () => {
  const cases = readCases("okta.cases.json", { token });

  test("every recorded case is acted out, and every act is recorded", () => {
    expect(cases.map(({ name }) => name).sort()).toEqual(Object.keys(acts).sort());
  });

  test.each(cases)("$name", async ({ name, exchanges }) => {
    recorder = await startRecorder(exchanges.map(({ answer }) => answer));
    await acts[name]?.(connectOkta({ baseUrl: recorder.url, token }));
    expect(recorder.received).toEqual(exchanges.map(({ request }) => request));
  });
});

test.each<[string, (request: ScimRequest) => ScimRequest]>([
  ["an extra header", (request) => ({ ...request, headers: { ...request.headers, "X-Extra": "1" } })],
  ["another query", (request) => ({ ...request, url: `${request.url}&count=1` })],
  ["another body", (request) => ({ ...request, body: request.body?.replace("Maya", "May") ?? "{}" })],
])("negative control: the comparison notices %s", async (_name, spoil) => {
  const [recorded] = readCases("okta.cases.json", { token }).filter(({ name }) => name === "assign somebody new");
  const exchanges = recorded?.exchanges ?? [];
  recorder = await startRecorder(exchanges.map(({ answer }) => answer));
  const transport: ScimTransport = (request, signal) => sendOverHttp(spoil(request), signal);
  await connectOkta({ baseUrl: recorder.url, token, transport }).assign(somebody("Maya", "Holt"));
  expect(exchanges).toHaveLength(2);
  expect(recorder.received).not.toEqual(exchanges.map(({ request }) => request));
});

test("department, number and manager travel in the enterprise extension, the title beside it", async () => {
  recorder = await startRecorder([
    { status: 200, body: { totalResults: 0, Resources: [] } },
    { status: 201, body: { id: "one" } },
  ]);
  const manager = somebody("The", "Boss");
  const job = { title: "Analyst", department: "R&D", employeeNumber: "70123", manager };
  await connectOkta({ baseUrl: recorder.url, token }).assign({ ...somebody("Maya", "Holt"), ...job });
  expect(recorder.received.at(-1)?.body).toMatchObject({
    schemas: [
      "urn:ietf:params:scim:schemas:core:2.0:User",
      "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User",
    ],
    title: "Analyst",
    "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User": {
      department: "R&D",
      employeeNumber: "70123",
      manager: { value: "the.boss@acme.test", displayName: "The Boss" },
    },
  });
});

describe("Okta and a server that changed", () => {
  const maya = somebody("Maya", "Holt");
  const created = { status: 201, body: { id: "one" } };
  const found = (id: string) => ({ status: 200, body: { totalResults: 1, Resources: [{ id }] } });
  const nobody = { status: 200, body: { totalResults: 0, Resources: [] } };
  const gone = { status: 404, body: { detail: "Resource one not found", status: "404" } };

  test("a remembered id that answers 404 is searched again, once", async () => {
    recorder = await startRecorder([nobody, created, gone, found("two"), { status: 204 }]);
    const okta = connectOkta({ baseUrl: recorder.url, token });
    await okta.assign(maya);
    await okta.deactivate(maya);
    expect(recorder.received.at(-1)).toMatchObject({ method: "PATCH", path: "/scim/v2.0/dir/Users/two" });
  });

  test("an id found by search that answers 404 is an error rather than a loop", async () => {
    recorder = await startRecorder([found("one"), gone]);
    const okta = connectOkta({ baseUrl: recorder.url, token });
    await expect(okta.deactivate(maya)).rejects.toBeInstanceOf(ApiError);
    expect(recorder.received).toHaveLength(2);
  });

  test("somebody who was never assigned cannot be deactivated, and the error names them", async () => {
    recorder = await startRecorder([nobody]);
    const okta = connectOkta({ baseUrl: recorder.url, token });
    await expect(okta.deactivate(maya)).rejects.toMatchObject({
      code: "not_provisioned",
      message: expect.stringContaining("maya.holt@acme.test") as string,
    });
  });

  test("deleting somebody in Okta deactivates, and never sends DELETE", async () => {
    recorder = await startRecorder([found("one"), { status: 204 }]);
    const okta = connectOkta({ baseUrl: recorder.url, token });
    await okta.remove(maya);
    await okta.remove(maya);
    expect(recorder.received.map(({ method }) => method)).toEqual(["GET", "PATCH"]);
  });

  test("a match keeps attributes that Okta does not map, and takes Okta's externalId", async () => {
    const current = { id: "one", externalId: "old", nickName: "May", name: { formatted: "M. Holt" }, active: false };
    recorder = await startRecorder([found("one"), { status: 200, body: current }, { status: 200, body: current }]);
    await connectOkta({ baseUrl: recorder.url, token }).assign(maya);
    expect(recorder.received.at(-1)?.body).toMatchObject({
      externalId: "00umayaholt01",
      nickName: "May",
      name: { formatted: "M. Holt", givenName: "Maya" },
      active: true,
    });
  });
});

function somebody(givenName: string, familyName: string): Person {
  const address = `${givenName}.${familyName}@acme.test`.toLowerCase();
  return {
    id: `${givenName}${familyName}01`.toLowerCase(),
    userName: address,
    email: address,
    givenName,
    familyName,
    displayName: `${givenName} ${familyName}`,
  };
}
