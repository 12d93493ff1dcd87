import { ConnectionError } from "@dirsync/sdk";
import { afterEach, describe, expect, test } from "vitest";
import { readCases, startRecorder } from "../fixtures/recorder.ts";
import type { PreparedAnswer, Recorder } from "../fixtures/recorder.ts";
import type { Person } from "../people.ts";
import type { IdentityProvider } from "../provider.ts";
import { sendOverHttp } from "../transport.ts";
import { createProvider } from "./index.ts";
import type { ProviderName } from "./index.ts";

const token = "scim_0123456789abcdef";

const acts: Readonly<Record<string, (provider: IdentityProvider) => Promise<void>>> = {
  "onelogin: test connection": (oneLogin) => oneLogin.testConnection(),
  "onelogin: assign somebody new with a department": (oneLogin) =>
    oneLogin.assign({ ...somebody("Amy", "Lake"), department: "QA", employeeNumber: "A-1" }),
  "onelogin: push a changed profile": (oneLogin) =>
    oneLogin.update({ ...somebody("Cy", "Marsh"), givenName: "Cyril", title: "Clerk" }),
  "onelogin: suspend, later delete": async (oneLogin) => {
    await oneLogin.deactivate(somebody("Ed", "Quill"));
    await oneLogin.remove(somebody("Ed", "Quill"));
  },
  "jumpcloud: activate": (jumpCloud) => jumpCloud.testConnection(),
  "jumpcloud: switch an account off": (jumpCloud) => jumpCloud.deactivate(somebody("Kim", "Dale")),
  "jumpcloud: take somebody out of a group": (jumpCloud) =>
    jumpCloud.removeMembers({ id: "devs", name: "JC Devs" }, [somebody("Mo", "Two")]),
  "pingfederate: assign, then push a changed profile": async (pingFederate) => {
    await pingFederate.assign(somebody("Otto", "Lane"));
    await pingFederate.update({ ...somebody("Otto", "Lane"), familyName: "Layne" });
  },
  "rippling: test connection": (rippling) => rippling.testConnection(),
  "rippling: hire": (rippling) => rippling.assign(somebody("Val", "Kerr")),
  "rippling: terminate and rehire": async (rippling) => {
    await rippling.deactivate(somebody("Xan", "Holm"));
    await rippling.reactivate(somebody("Xan", "Holm"));
  },
  "cyberark: verify": (cyberArk) => cyberArk.testConnection(),
  "cyberark: create, update and deactivate": async (cyberArk) => {
    const abel = { ...somebody("Abe", "Moor"), givenName: "Abel", displayName: "Abel Moor" };
    await cyberArk.assign(somebody("Abe", "Moor"));
    await cyberArk.update(abel);
    await cyberArk.deactivate(abel);
  },
  "google: create, then suspend": async (google) => {
    await google.assign(somebody("Dot", "Rye"));
    await google.deactivate(somebody("Dot", "Rye"));
  },
  "sailpoint: aggregate, then add two members apart": async (sailPoint) => {
    const members = ["k1", "k2"].map((name) => ({ ...somebody("K", name), userName: `${name}@corp.test` }));
    const group = { id: "parallel", name: "Parallel" };
    await sailPoint.createGroup(group);
    await sailPoint.addMembers(group, members);
  },
};

let recorder: Recorder | undefined;

afterEach(async () => {
  await recorder?.close();
});

describe("each provider sends what it was seen or is documented to send", () => {
  const cases = readCases("templated.cases.json", { token }).map((one) => ({
    ...one,
    title: `${one.provider ?? ""}: ${one.name}`,
  }));

  test("every recorded case is acted out, and every act is recorded", () => {
    expect(cases.map(({ title }) => title).sort()).toEqual(Object.keys(acts).sort());
  });

  test.each(cases)("$title", async ({ title, provider, exchanges }) => {
    recorder = await startRecorder(exchanges.map(({ answer }) => answer));
    await acts[title]?.(connect(provider as ProviderName));
    expect(recorder.received).toEqual(exchanges.map(({ request }) => request));
  });
});

describe("what only some providers do", () => {
  const group = { id: "board", name: "Board" };
  const [one, two] = [somebody("C", "One"), somebody("C", "Two")];
  const found = (id: string): PreparedAnswer => ({ status: 200, body: { totalResults: 1, Resources: [{ id }] } });
  const nobody: PreparedAnswer = { status: 200, body: { totalResults: 0, Resources: [] } };
  const done: PreparedAnswer = { status: 200, body: { id: "g1" } };
  const taken: PreparedAnswer = { status: 409, body: { scimType: "uniqueness", status: "409" } };

  test("Okta's custom app sends a group whole, for members as for a new name, and PUTs an account off", async () => {
    recorder = await startRecorder([found("u1"), found("u2"), found("g1"), done, done, done, done, done]);
    const okta = connect("okta-custom-app");
    await okta.addMembers(group, [one, two]);
    await okta.renameGroup(group, "Board 2026");
    await okta.removeMembers({ ...group, name: "Board 2026" }, [two]);
    await okta.deactivate(one);
    const groupWrites = recorder.received.filter(({ path }) => path.endsWith("/Groups/g1"));
    const member = (id: string, person: Person) => ({ value: id, display: person.userName });
    expect(groupWrites.map(({ method, body }) => [method, body])).toMatchObject([
      ["PUT", { id: "g1", displayName: "Board", members: [member("u1", one), member("u2", two)] }],
      ["PUT", { id: "g1", displayName: "Board 2026", members: [member("u1", one), member("u2", two)] }],
      ["PUT", { id: "g1", displayName: "Board 2026", members: [member("u1", one)] }],
    ]);
    expect(recorder.received.map(({ method }) => method)).not.toContain("PATCH");
  });

  test("PingOne sends all members with every change", async () => {
    recorder = await startRecorder([found("u1"), found("g1"), done, found("u2"), done, done]);
    const pingOne = connect("pingone");
    await pingOne.addMembers(group, [one]);
    await pingOne.addMembers(group, [two]);
    await pingOne.removeMembers(group, [one]);
    const sent = recorder.received.filter(({ method }) => method === "PATCH").map(({ body }) => body);
    expect(sent).toMatchObject(
      [[{ value: "u1" }], [{ value: "u1" }, { value: "u2" }], [{ value: "u2" }]].map((value) => ({
        Operations: [{ op: "replace", path: "members", value }],
      })),
    );
  });

  test("PingFederate finds a group on the second page, in another letter case, and creates no other", async () => {
    const page = Array.from({ length: 100 }, (_, index) => ({ id: `g${index}`, displayName: `Group ${index}` }));
    const last = [{ id: "board", displayName: "BOARD" }];
    recorder = await startRecorder(
      [page, last].map((some) => ({ status: 200, body: { totalResults: 101, Resources: some } })),
    );
    await connect("pingfederate").createGroup(group);
    expect(recorder.received.map(({ path }) => path.split("/").at(-1))).toEqual([
      "Groups?startIndex=1&count=100",
      "Groups?startIndex=101&count=100",
    ]);
  });

  test("SailPoint reads on where a server sends shorter pages than it asked for, until it has read the total", async () => {
    const pages = [["g1", "g2"], ["g3"], ["board"]].map((ids) => ids.map((id) => ({ id, displayName: id })));
    recorder = await startRecorder(
      pages.map((some) => ({ status: 200, body: { totalResults: 4, itemsPerPage: some.length, Resources: some } })),
    );
    await connect("sailpoint").createGroup(group);
    expect(recorder.received.map(({ method, path }) => `${method} ${path.split("/").at(-1) ?? ""}`)).toEqual([
      "GET Groups?startIndex=1&count=100",
      "GET Groups?startIndex=3&count=100",
      "GET Groups?startIndex=4&count=100",
    ]);
  });

  test("a POST that comes second is a 409 that leads to the group that is there", async () => {
    recorder = await startRecorder([taken, found("g1"), found("u1"), done]);
    const rippling = connect("rippling");
    await rippling.createGroup(group);
    await rippling.addMembers(group, [one]);
    expect(recorder.received.at(-1)).toMatchObject({ method: "PATCH", path: "/scim/v2.0/dir/Groups/g1" });
  });

  test("Rippling sends a POST without an answer once more as it was, and a 409 leads to the person who is there", async () => {
    recorder = await startRecorder([nobody, taken, found("u1"), done]);
    let isLost = true;
    const rippling = createProvider("rippling", {
      baseUrl: recorder.url,
      token,
      transport: async (request, signal) => {
        if (request.method !== "POST" || !isLost) return await sendOverHttp(request, signal);
        isLost = false;
        throw new ConnectionError("no complete answer in time", { code: "timeout" });
      },
    });
    await expect(rippling.assign(one)).rejects.toMatchObject({ code: "timeout" });
    await rippling.assign(one);
    expect(recorder.received.map(({ method }) => method)).toEqual(["GET", "POST", "GET", "PUT"]);
  });

  test.each<ProviderName>(["onelogin", "cyberark"])("%s says nothing of a group that is taken away", async (name) => {
    recorder = await startRecorder([]);
    await connect(name).deleteGroup(group);
    expect(recorder.received).toEqual([]);
  });

  test("Google has no groups, and says so before anything is sent", async () => {
    recorder = await startRecorder([]);
    await expect(connect("google").addMembers(group, [one])).rejects.toMatchObject({ code: "not_supported" });
    expect(recorder.received).toEqual([]);
  });

  test("an account that could not be switched off is switched off by the next try", async () => {
    recorder = await startRecorder([found("u1"), { status: 500 }, done]);
    const cyberArk = connect("cyberark");
    await expect(cyberArk.deactivate(one)).rejects.toMatchObject({ status: 500 });
    await cyberArk.deactivate(one);
    expect(recorder.received.at(-1)?.body).toMatchObject({ active: false });
  });

  test("a generic client creates again what the server has lost", async () => {
    recorder = await startRecorder([
      found("u1"),
      done,
      { status: 404, body: {} },
      nobody,
      { status: 201, body: { id: "u2" } },
    ]);
    const client = connect("generic");
    await client.assign(one);
    await client.update(one);
    expect(recorder.received.at(-1)).toMatchObject({ method: "POST", path: "/scim/v2.0/dir/Users" });
  });
});

function connect(name: ProviderName): IdentityProvider {
  return createProvider(name, { baseUrl: recorder?.url ?? "", token });
}

function somebody(givenName: string, familyName: string): Person {
  const address = `${givenName}.${familyName}@corp.test`.toLowerCase();
  return {
    id: `${givenName}.${familyName}`.toLowerCase(),
    userName: address,
    email: address,
    givenName,
    familyName,
    displayName: `${givenName} ${familyName}`,
  };
}
