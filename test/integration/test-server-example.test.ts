import { DirectorySync } from "@dirsync/sdk";
import { createTestServer } from "@dirsync/server/testing";
import { afterAll, afterEach, expect, test } from "vitest";

const server = await createTestServer();
const client = new DirectorySync({ baseUrl: server.url, apiKey: server.apiKey });
afterEach(() => server.reset());
afterAll(() => server.close());

/** What is tested: how many people a customer has. */
async function headcount(directoryId: string): Promise<number> {
  let count = 0;
  for await (const user of client.users.list({ directory: directoryId })) if (user.state === "active") count += 1;
  return count;
}

test("people are counted, also when the service limits us and a connection breaks", async () => {
  const { id, scim } = await client.directories.create({ name: "Acme", type: "okta scim v2.0" });
  for (const name of ["ann", "bob"]) {
    const headers = { Authorization: `Bearer ${scim.bearer_token}`, "Content-Type": "application/scim+json" };
    const body = JSON.stringify({ userName: `${name}@acme.test`, active: true });
    await fetch(`${scim.base_url}/Users`, { method: "POST", headers, body });
  }
  const limited = server.faults.next("GET /directory_users", { kind: "status", status: 429, retryAfter: 0 });
  const cut = server.faults.next("GET /directory_users", { kind: "cut", side: "midway" });

  expect(await headcount(id)).toBe(2);
  expect([limited.struck, cut.struck]).toEqual([1, 1]);
});

test("nothing is left from the test before", async () => {
  expect(await client.directories.list().toArray({ max: 10 })).toEqual([]);
});
