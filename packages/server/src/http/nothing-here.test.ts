/** Which answer there is where no route is, over real HTTP. */
import { expect, test } from "vitest";
import { fields, startServer } from "../fixtures/running-server.ts";

test.each([
  ["PATCH", "/directories", "GET, POST"],
  ["POST", "/directories/directory_1", "GET, DELETE"],
  ["PUT", "/directories/directory_1/mapping", "GET, PATCH"],
  ["DELETE", "/directory_users/directory_user_1", "GET"],
  ["POST", "/events", "GET"],
  ["OPTIONS", "/events", "GET"],
  ["POST", "/healthz", "GET"],
  ["DELETE", "/openapi.json", "GET"],
])("%s %s is a 405 that says what the address takes: %s", async (method, path, allowed) => {
  const { api } = await startServer();
  const answer = await api(path, { method });
  expect([answer.status, answer.headers.get("allow")]).toEqual([405, allowed]);
  expect(fields(answer)["message"]).toBe(`This address takes ${allowed}, and not ${method}.`);
});

test.each([
  ["POST", "/nowhere"],
  ["DELETE", "/directories/directory_1/nothing"],
  ["GET", "/nowhere"],
])("%s %s, which is no address, is a 404", async (method, path) => {
  const { api } = await startServer();
  const answer = await api(path, { method });
  expect([answer.status, answer.headers.get("allow"), answer.body]).toEqual([404, null, { message: "Not found." }]);
});

test("whoever has no key learns nothing of what an address takes", async () => {
  const { url } = await startServer();
  const answer = await fetch(`${url}/directories`, { method: "PATCH" });
  expect([answer.status, answer.headers.get("allow")]).toEqual([401, null]);
});

test("a request that a 405 refuses is not put on record as a change", async () => {
  const { api } = await startServer();
  await api("/directories", { method: "PATCH" });
  expect((await api("/audit_log")).body).toMatchObject({ data: [] });
});
