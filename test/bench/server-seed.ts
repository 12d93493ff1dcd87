/** Fills a server's file with copies of one row: a million of them, sent one by one, would take longer than all that is measured. */
import { createServer } from "@dirsync/server";
import { DirectorySync } from "@dirsync/sdk";
import Database from "better-sqlite3";
import { newFolder, token } from "./scim-servers.ts";

/** A file with users or events in one directory. */
export interface Seeded {
  readonly dataFile: string;
  readonly directoryId: string;
  readonly scimPath: string;
  readonly scimToken: string;
}

/** What is to be in the file. */
export interface Seeds {
  /** At least two. */
  readonly users: number;
  /** So many events of users, and none of anything else; left out, those of what was really made. */
  readonly events?: number;
  /** True to have all of the users in one group. */
  readonly grouped?: boolean;
}

const firstName = "first@example.com";

/** Id of a row that was copied, of those that were really made the first. */
export function idAt(prefix: string, index: number): string {
  return `${prefix}01J${String(index).padStart(23, "0")}`;
}

/** Makes a directory with a user and a group over the API, closes the file, and copies them inside it. */
export async function seed({ users, events, grouped = false }: Seeds): Promise<Seeded> {
  const dataFile = `${newFolder()}/data.db`;
  const server = await createServer({ dataFile, apiKey: token });
  const { url } = await server.listen({ port: 0, host: "127.0.0.1" });
  const client = new DirectorySync({ baseUrl: url, apiKey: token });
  const { id: directoryId, scim } = await client.directories.create({ name: "Bench", type: "okta scim v2.0" });
  const post = async (path: string, body: object): Promise<{ id: string }> => {
    const headers = { authorization: `Bearer ${scim.bearer_token}` };
    const answer = await fetch(`${scim.base_url}${path}`, { method: "POST", headers, body: JSON.stringify(body) });
    return (await answer.json()) as { id: string };
  };
  const user = await post("/Users", userBody(firstName));
  await post("/Groups", { displayName: "Everybody", members: [{ value: user.id }] });
  await server.close();
  const database = new Database(dataFile);
  copyUsers(database, users);
  if (grouped) joinAll(database, users);
  if (events !== undefined) copyEvents(database, events);
  database.close();
  return { dataFile, directoryId, scimPath: new URL(scim.base_url).pathname, scimToken: scim.bearer_token };
}

/** A user as Okta sends one. */
export function userBody(userName: string): object {
  return {
    schemas: ["urn:ietf:params:scim:schemas:core:2.0:User"],
    userName,
    name: { givenName: "Ann", familyName: "Example" },
    emails: [{ primary: true, value: userName, type: "work" }],
    displayName: "Ann Example",
    locale: "en-US",
    externalId: `ext-${userName}`,
    title: "Engineer",
    groups: [],
    active: true,
  };
}

function copyUsers(database: Database.Database, count: number): void {
  const template = database.prepare("select * from directory_user").get() as Record<string, unknown>;
  const name = "'u' || n || '@example.com'";
  const id = idInSql("directory_user_");
  const filled = (column: string): string =>
    `replace(replace(${column}, '${String(template["id"])}', ${id}), '${firstName}', ${name})`;
  const columns = Object.keys(template).filter((column) => column !== "seq");
  const values = columns.map((column) => (typeof template[column] === "string" ? filled(column) : column));
  database.exec(`
    with recursive numbers (n) as (select 1 union all select n + 1 from numbers where n < ${count - 1})
    insert into directory_user (${columns.join(", ")}) select ${values.join(", ")} from numbers, directory_user where seq = 1;
    update directory set users_active = ${count};`);
}

function joinAll(database: Database.Database, count: number): void {
  database.exec(`
    insert or ignore into membership (group_seq, user_seq) select 1, seq from directory_user;
    update directory_group set member_count = ${count};`);
}

function copyEvents(database: Database.Database, count: number): void {
  const name = "dsync.user.created";
  const template = database.prepare("select id, organization_seq, body from event where name = ?").get(name);
  const {
    id,
    organization_seq: organization,
    body,
  } = template as { id: string; organization_seq: number; body: string };
  database.exec("delete from event");
  database
    .prepare(
      `with recursive numbers (n) as (select 1 union all select n + 1 from numbers where n < ${count})
       insert into event (seq, id, name, organization_seq, body)
       select n, ${idInSql("event_")}, ?, ?, replace(?, ?, ${idInSql("event_")}) from numbers`,
    )
    .run(name, organization, body, id);
}

function idInSql(prefix: string): string {
  return `'${prefix}' || printf('01J%023d', n)`;
}
