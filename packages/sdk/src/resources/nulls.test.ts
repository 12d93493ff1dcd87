/** What a list may hold null in, because the rest of the page is worth more. */
import { describe, expect, test } from "vitest";
import { DirectorySync } from "../client.ts";
import { json, listBody, serve } from "../http/test-server.ts";

const stamps = { created_at: "2026-01-15T12:00:00.000Z", updated_at: "2026-01-15T12:00:00.000Z" };
const user = { object: "directory_user", id: "u_1", directory_id: "directory_1", state: "active", ...stamps };
const group = { object: "directory_group", id: "g_1", directory_id: "directory_1", name: "Staff", ...stamps };

async function clientOf(data: readonly unknown[]): Promise<DirectorySync> {
  const server = await serve((_request, response) => json(response, listBody(data)));
  return new DirectorySync({ apiKey: "sk_test", baseUrl: server.url, retriesMax: 0 });
}

describe("null costs nobody the page", () => {
  test.each(["emails", "groups", "custom_attributes", "raw_attributes"])("as %s of a user", async (name) => {
    const client = await clientOf([user, { ...user, [name]: null }, user]);
    const { data } = await client.users.list({ directory: "d" }).page();
    expect(data.map((each) => each[name])).toEqual([undefined, null, undefined]);
  });

  test("as raw_attributes of a group, also of one that a user is in", async () => {
    const odd = { ...group, raw_attributes: null };
    const groups = await (await clientOf([group, odd])).groups.list({ directory: "d" }).page();
    expect(groups.data).toHaveLength(2);
    const users = await (await clientOf([{ ...user, groups: [odd] }])).users.list({ directory: "d" }).page();
    expect(users.data).toHaveLength(1);
  });

  test("(control) as what a user cannot do without, it does", async () => {
    const client = await clientOf([{ ...user, state: null }]);
    await expect(client.users.list({ directory: "d" }).page()).rejects.toMatchObject({ code: "contract_broken" });
  });
});
