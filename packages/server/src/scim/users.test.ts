import { describe, expect, test } from "vitest";
import { fields, startServer, text } from "../fixtures/running-server.ts";
import type { Answer, RunningServer } from "../fixtures/running-server.ts";

const ada = { userName: "ada@x.test", name: { givenName: "Ada" }, externalId: "e-1" };

const patch = (...Operations: readonly unknown[]) => ({ method: "PATCH", body: { Operations } });

/** Names of the events since the directory was connected. */
async function eventNames(running: RunningServer): Promise<string[]> {
  return (await running.events()).map((event) => event.event.replace("dsync.", "")).slice(1);
}

describe("creating", () => {
  test("answers 201 with the user, its address in Location, and what the server does not keep left out", async () => {
    const running = await startServer();
    const { scim, created } = await running.createDirectory();
    const body = { ...ada, password: "secret", groups: [{ value: "g" }], id: "mine", meta: { created: "2001" } };
    const answer = await scim("/Users", { method: "POST", body });
    expect(answer.status).toBe(201);
    expect(answer.headers.get("content-type")).toBe("application/scim+json");
    const location = `${created.scim.base_url}/Users/${text(answer, "id")}`;
    expect([answer.headers.get("location"), answer.headers.get("content-location")]).toEqual([location, location]);
    expect(answer.body).toMatchObject({ userName: "ada@x.test", meta: { resourceType: "User", location } });
    expect(answer.text).not.toMatch(/secret|"groups"|mine|2001/u);
    const read = await scim(`/Users/${text(answer, "id")}`);
    expect([read.body, read.headers.get("content-location")]).toEqual([answer.body, location]);
  });

  test("without active is active, and says so wherever it is read", async () => {
    const { scim, id } = await withUser(ada);
    expect(fields(await scim(`/Users/${id}`))["active"]).toBe(true);
    const put = await scim(`/Users/${id}`, { method: "PUT", body: { userName: "ada@x.test" } });
    expect(fields(put)["active"]).toBe(true);
    const listed = await scim("/Users?filter=active eq true&attributes=active");
    expect(fields(listed)["Resources"]).toMatchObject([{ id, active: true }]);
  });

  test("without an address is refused and leaves nothing, and works once there is one (WorkOS: validating)", async () => {
    const running = await startServer();
    const { scim } = await running.createDirectory();
    const lin = { userName: "lin", externalId: "e-2" };
    const refused = await scim("/Users", { method: "POST", body: lin });
    expect([refused.status, fields(refused)["scimType"]]).toEqual([400, "invalidValue"]);
    expect(text(refused, "detail")).toContain("Required attributes missing: emails");
    expect(fields(await scim('/Users?filter=userName eq "lin"'))["totalResults"]).toBe(0);
    const emails = [{ value: "lin@x.test", primary: true }];
    expect((await scim("/Users", { method: "POST", body: { ...lin, emails } })).status).toBe(201);
    expect(await eventNames(running)).toEqual(["user.created"]);
  });

  test.each([
    ["application/scim+json"],
    ["application/scim+json;charset=utf-8"],
    ["application/json"],
    ["text/json"],
    ["text/plain"],
    [""],
  ])("content type %j is taken", async (contentType) => {
    const running = await startServer();
    const { scim } = await running.createDirectory();
    const headers = { "Content-Type": contentType };
    expect((await scim("/Users", { method: "POST", body: ada, headers })).status).toBe(201);
  });

  test("a userName that is taken, in any letter case, is a 409 and no event", async () => {
    const running = await startServer();
    const { scim } = await running.createDirectory();
    await scim("/Users", { method: "POST", body: ada });
    const again = await scim("/Users", { method: "POST", body: { ...ada, userName: "ADA@x.test", externalId: "e-2" } });
    expect(again.body).toMatchObject({ status: "409", scimType: "uniqueness" });
    expect(again.status).toBe(409);
    expect(await eventNames(running)).toEqual(["user.created"]);
  });

  test("of two creations at once, one wins and the other is a 409", async () => {
    const running = await startServer();
    const { scim } = await running.createDirectory();
    const answers = await Promise.all(Array.from({ length: 8 }, () => scim("/Users", { method: "POST", body: ada })));
    expect(sorted(answers)).toEqual([201, ...Array<number>(7).fill(409)]);
    expect(await eventNames(running)).toEqual(["user.created"]);
  });

  test("requests that arrive together with one that fails are answered as if alone", async () => {
    const running = await startServer();
    const { scim } = await running.createDirectory();
    const names = ["a", "b", "a", "c", "", "d"];
    const answers = await Promise.all(
      names.map((name) => scim("/Users", { method: "POST", body: { userName: name === "" ? "" : `${name}@x.test` } })),
    );
    expect(sorted(answers)).toEqual([201, 201, 201, 201, 400, 409]);
    expect(await eventNames(running)).toEqual(Array<string>(4).fill("user.created"));
  });
});

describe("replacing", () => {
  test("an unknown id is a 404 and creates nothing", async () => {
    const running = await startServer();
    const { scim } = await running.createDirectory();
    for (const id of ["nobody", "directory_user_01ARZ3NDEKTSV4RRFFQ69G5FAV"]) {
      const answer = await scim(`/Users/${id}`, { method: "PUT", body: ada });
      expect([answer.status, fields(answer)["status"]]).toEqual([404, "404"]);
    }
    expect(await eventNames(running)).toEqual([]);
  });

  test("an unknown id is a 404 also where the body is wrong, so that the client makes the resource anew", async () => {
    const { scim } = await (await startServer()).createDirectory();
    const wrong = { Operations: [{ op: "move", path: "title" }] };
    const calls = [
      ["/Users/nobody", "PUT", { userName: "no e-mail address" }],
      ["/Users/nobody", "PATCH", wrong],
      ["/Groups/nobody", "PUT", {}],
      ["/Groups/nobody", "PATCH", wrong],
    ] as const;
    for (const [path, method, body] of calls) expect((await scim(path, { method, body })).status).toBe(404);
  });

  test("by a user without an address is refused as WorkOS refuses it, and changes nothing", async () => {
    const { scim, id } = await withUser(ada);
    for (const emails of [undefined, [], [{ value: " " }], [{ type: "work" }]]) {
      const answer = await scim(`/Users/${id}`, { method: "PUT", body: { userName: "ada", emails } });
      expect([answer.status, fields(answer)["scimType"]]).toEqual([400, "invalidSyntax"]);
      expect(text(answer, "detail")).toContain("Required attributes missing: emails");
    }
    expect(fields(await scim(`/Users/${id}`))["userName"]).toBe("ada@x.test");
  });

  test("a wrong body is a 400 also under a condition that does not hold", async () => {
    const { scim, id } = await withUser(ada);
    const headers = { "If-Match": 'W/"0.none"' };
    expect((await scim(`/Users/${id}`, { method: "PUT", body: {}, headers })).status).toBe(400);
  });

  test("what is sent is what is left, but active and externalId stay when nothing is said of them", async () => {
    const { scim, id } = await withUser({ ...ada, title: "Countess", active: false });
    const answer = await scim(`/Users/${id}`, { method: "PUT", body: { userName: "ada@x.test" } });
    expect(answer.body).toMatchObject({ userName: "ada@x.test", active: false, externalId: "e-1" });
    expect(answer.text).not.toContain("Countess");
  });

  test("the same again changes nothing: no event, no new time", async () => {
    const { running, scim, id } = await withUser(ada);
    const before = await scim(`/Users/${id}`);
    const answer = await scim(`/Users/${id}`, {
      method: "PUT",
      body: { externalId: ada.externalId, name: ada.name, userName: ada.userName },
    });
    expect(answer.body).toEqual(before.body);
    expect(await eventNames(running)).toEqual(["user.created"]);
  });

  test("a name that another user has is a 409; one's own in another case is not", async () => {
    const { running, scim, id } = await withUser(ada);
    await scim("/Users", { method: "POST", body: { userName: "bob@x.test" } });
    const taken = await scim(`/Users/${id}`, { method: "PUT", body: { ...ada, userName: "BOB@x.test" } });
    expect(taken.status).toBe(409);
    const own = await scim(`/Users/${id}`, { method: "PUT", body: { ...ada, userName: "Ada@x.test" } });
    expect(own.status).toBe(200);
    expect(await eventNames(running)).toEqual(["user.created", "user.created", "user.updated"]);
  });
});

describe("patching", () => {
  test("answers 200 with the user as it is afterwards", async () => {
    const { scim, id } = await withUser(ada);
    const answer = await scim(`/Users/${id}`, patch({ op: "replace", path: "title", value: "Countess" }));
    expect([answer.status, fields(answer)["title"]]).toEqual([200, "Countess"]);
  });

  test("what events do not show changes the user, but neither its updated_at nor the log", async () => {
    const { running, scim, id } = await withUser(ada);
    const before = await running.api(`/directory_users/${id}`);
    const answer = await scim(
      `/Users/${id}`,
      patch({ op: "replace", path: "x509Certificates", value: [{ value: "MIID" }] }),
    );
    expect(fields(answer)["x509Certificates"]).toEqual([{ value: "MIID" }]);
    expect((await running.api(`/directory_users/${id}`)).body).toEqual(before.body);
    expect(await eventNames(running)).toEqual(["user.created"]);
  });

  test("a step that fails takes the ones before it back", async () => {
    const { running, scim, id } = await withUser(ada);
    const answer = await scim(
      `/Users/${id}`,
      patch({ op: "replace", path: "title", value: "x" }, { op: "replace", path: "title[", value: "y" }),
    );
    expect(answer.status).toBe(400);
    expect((await scim(`/Users/${id}`)).text).not.toContain("title");
    expect(await eventNames(running)).toEqual(["user.created"]);
  });

  test("previous values are in the event, inside data", async () => {
    const { running, scim, id } = await withUser(ada);
    await scim(`/Users/${id}`, patch({ op: "replace", path: "name.givenName", value: "Augusta" }));
    const event = (await running.events()).at(-1);
    expect(event).toMatchObject({
      object: "event",
      event: "dsync.user.updated",
      data: { object: "directory_user", id, first_name: "Augusta", previous_attributes: { first_name: "Ada" } },
      context: {},
    });
    expect(event).not.toHaveProperty("previous_attributes");
  });
});

describe("deleting", () => {
  test("is 204 once and 404 after, with a content type and no body as some providers send it", async () => {
    const { running, scim, id } = await withUser(ada);
    const headers = { "Content-Type": "application/scim+json" };
    const answers: Answer[] = [];
    for (let round = 0; round < 2; round += 1) answers.push(await scim(`/Users/${id}`, { method: "DELETE", headers }));
    expect(answers.map((answer) => answer.status)).toEqual([204, 404]);
    expect(answers[0]?.text).toBe("");
    expect((await scim(`/Users/${id}`)).status).toBe(404);
    expect(await eventNames(running)).toEqual(["user.created", "user.deleted"]);
  });

  test("frees the name and leaves every group without a word", async () => {
    const { running, scim, id } = await withUser(ada);
    const group = await scim("/Groups", { method: "POST", body: { displayName: "G", members: [{ value: id }] } });
    await scim(`/Users/${id}`, { method: "DELETE" });
    expect(fields(await scim(`/Groups/${text(group, "id")}`))["members"]).toEqual([]);
    const again = await scim("/Users", { method: "POST", body: ada });
    expect(again.status).toBe(201);
    expect(text(again, "id")).not.toBe(id);
    expect(await eventNames(running)).toEqual([
      "user.created",
      "group.created",
      "group.user_added",
      "user.deleted",
      "user.created",
    ]);
  });
});

describe("which attributes an answer carries", () => {
  test("attributes and excludedAttributes are heard on reads and writes", async () => {
    const { scim, id } = await withUser({ ...ada, title: "Countess" });
    const only = await scim(`/Users/${id}?attributes=userName`);
    expect(Object.keys(fields(only)).sort()).toEqual(["id", "schemas", "userName"]);
    const without = await scim(`/Users/${id}?excludedAttributes=name,title`);
    expect(without.text).not.toMatch(/Countess|givenName/u);
    const put = await scim(`/Users/${id}?attributes=title`, { method: "PUT", body: { ...ada, title: "Lady" } });
    expect(put.body).toMatchObject({ title: "Lady" });
    expect(put.text).not.toContain("ada@x.test");
  });
});

function sorted(answers: readonly Answer[]): number[] {
  return answers.map((answer) => answer.status).sort((one, other) => one - other);
}

async function withUser(body: unknown) {
  const running = await startServer();
  const { scim } = await running.createDirectory();
  const answer = await scim("/Users", { method: "POST", body });
  return { running, scim, id: text(answer, "id") };
}
