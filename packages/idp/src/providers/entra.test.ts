import { afterEach, describe, expect, test } from "vitest";
import { readCases, startRecorder } from "../fixtures/recorder.ts";
import type { Recorder } from "../fixtures/recorder.ts";
import type { Person } from "../people.ts";
import type { IdentityProvider } from "../provider.ts";
import { seededUuid } from "../seeded.ts";
import { connectEntra } from "./entra.ts";

const token = "scim_0123456789abcdef";
const sales = { id: "8aa1a0c0-c4c3-4bc0-b4a5-2ef676900159", name: "Sales SG" };
const legacy = { id: "g-legacy", name: "Legacy" };

const acts: Readonly<Record<string, (entra: IdentityProvider) => Promise<void>>> = {
  "test connection": (entra) => entra.testConnection(),
  "assign somebody new": (entra) =>
    entra.assign({
      ...somebody("Gil", "Ross"),
      id: "Gil.Ross",
      userName: "Gil.Ross@contoso.test",
      email: "Gil.Ross@contoso.test",
      title: "Analyst",
      department: "R&D",
      employeeNumber: "70123",
    }),
  "update four attributes": async (entra) => {
    const hana = somebody("Hana", "Ito");
    await entra.assign(hana);
    const changes = { email: "hana.ito2@contoso.test", familyName: "Ito-Park", department: "Finance", title: "Lead" };
    await entra.update({ ...hana, ...changes });
  },
  "set a manager, then clear it": async (entra) => {
    const boss = { ...somebody("The", "Boss"), id: "boss", userName: "boss@contoso.test", email: "boss@contoso.test" };
    const kai = somebody("Kai", "West");
    await entra.assign(boss);
    await entra.assign(kai);
    await entra.update({ ...kai, manager: boss });
    await entra.update(kai);
  },
  "disable, then enable": async (entra) => {
    const mats = somebody("Mats", "Ek");
    await entra.assign(mats);
    await entra.deactivate(mats);
    await entra.reactivate(mats);
  },
  "aadOptscim062020: update, then disable": async (entra) => {
    const ola = { ...somebody("Ola", "Frid"), department: "HR", employeeNumber: "1" };
    await entra.assign(ola);
    const changes = { email: "ola.fridh@contoso.test", familyName: "Fridh", displayName: "Ola Fridh" };
    await entra.update({ ...ola, ...changes, department: "People" });
    await entra.deactivate(ola);
  },
  "disable, then delete for good": async (entra) => {
    const yara = somebody("Yara", "Finn");
    await entra.assign(yara);
    await entra.deactivate(yara);
    await entra.remove(yara);
  },
  "create a group, add two, rename": async (entra) => {
    const [one, two] = [somebody("Za", "One"), somebody("Za", "Two")];
    await entra.assign(one);
    await entra.assign(two);
    await entra.createGroup(sales);
    await entra.addMembers(sales, [one, two]);
    await entra.renameGroup(sales, "Sales EU");
  },
  "remove one member, found again by search": (entra) => entra.removeMembers(legacy, [somebody("Ab", "Two")]),
  "aadOptscim062020: remove one member": (entra) => entra.removeMembers(legacy, [somebody("Ab", "Two")]),
};

let recorder: Recorder | undefined;

afterEach(async () => {
  await recorder?.close();
});

describe("Entra ID sends what Entra ID sends", () => {
  const cases = readCases("entra.cases.json", {
    token,
    probe1: seededUuid("probe:0:1"),
    probe2: seededUuid("probe:0:2"),
  });

  test("every recorded case is acted out, and every act is recorded", () => {
    expect(cases.map(({ name }) => name).sort()).toEqual(Object.keys(acts).sort());
  });

  test.each(cases)("$name", async ({ name, exchanges }) => {
    recorder = await startRecorder(exchanges.map(({ answer }) => answer));
    const flag = name.startsWith("aadOptscim062020") ? "?aadOptscim062020" : "";
    await acts[name]?.(connectEntra({ baseUrl: `${recorder.url}${flag}`, token }));
    expect(recorder.received).toEqual(exchanges.map(({ request }) => request));
  });
});

describe("Entra ID and what it finds", () => {
  const kai = somebody("Kai", "West");
  const nobody = { status: 200, body: { totalResults: 0, Resources: [] } };

  test("somebody who is in sync already costs one search and no write", async () => {
    const current = {
      id: "one",
      userName: kai.userName,
      displayName: kai.displayName,
      name: { givenName: "Kai", familyName: "West", formatted: "anything" },
      emails: [{ type: "work", value: kai.email }],
      active: true,
    };
    recorder = await startRecorder([{ status: 200, body: { totalResults: 1, Resources: [current] } }]);
    await connectEntra({ baseUrl: recorder.url, token }).assign(kai);
    expect(recorder.received).toHaveLength(1);
  });

  test("a disabled account that matches is enabled in the same PATCH as the differences", async () => {
    const current = { id: "one", userName: kai.userName, displayName: "K. West", active: false };
    recorder = await startRecorder([{ status: 200, body: { totalResults: 1, Resources: [current] } }, { status: 204 }]);
    await connectEntra({ baseUrl: recorder.url, token }).assign(kai);
    const body = recorder.received.at(-1)?.body as { Operations: { path: string }[] };
    expect(body.Operations.map(({ path }) => path)).toEqual([
      "active",
      "displayName",
      'emails[type eq "work"].value',
      "name.givenName",
      "name.familyName",
    ]);
  });

  test.each([
    ["in another session", [nobody]],
    ["since it was assigned", [nobody, { status: 201, body: { id: "one" } }, { status: 404 }, nobody]],
  ])("an account that was removed on the server %s is created again by an update", async (_name, before) => {
    recorder = await startRecorder([...before, { status: 201, body: { id: "two" } }]);
    const entra = connectEntra({ baseUrl: recorder.url, token });
    if (before.length > 1) {
      await entra.assign(kai);
    }
    await entra.update(kai);
    expect(recorder.received).toHaveLength(before.length + 1);
    expect(recorder.received.at(-1)).toMatchObject({ method: "POST", path: "/scim/v2.0/dir/Users" });
  });

  test("a new account's manager follows in a PATCH of its own", async () => {
    const boss = somebody("The", "Boss");
    recorder = await startRecorder([
      nobody,
      { status: 201, body: { id: "two" } },
      { status: 200, body: { totalResults: 1, Resources: [{ id: "one" }] } },
      { status: 204 },
    ]);
    await connectEntra({ baseUrl: recorder.url, token }).assign({ ...kai, manager: boss });
    expect(recorder.received.at(-1)?.body).toMatchObject({
      Operations: [
        { op: "Add", path: "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager", value: "one" },
      ],
    });
  });

  test("each connection test asks for other names, the same ones for the same seed", async () => {
    recorder = await startRecorder([nobody, nobody, nobody, nobody, nobody, nobody]);
    const entra = connectEntra({ baseUrl: recorder.url, token, seed: 7 });
    await entra.testConnection();
    await entra.testConnection();
    await connectEntra({ baseUrl: recorder.url, token, seed: 7 }).testConnection();
    const paths = recorder.received.map(({ path }) => path);
    expect(new Set(paths).size).toBe(4);
    expect(paths.slice(4)).toEqual(paths.slice(0, 2));
  });
});

function somebody(givenName: string, familyName: string): Person {
  const id = `${givenName}.${familyName}`.toLowerCase();
  const address = `${id}@contoso.test`;
  return {
    id,
    userName: address,
    email: address,
    givenName,
    familyName,
    displayName: `${givenName} ${familyName}`,
  };
}
