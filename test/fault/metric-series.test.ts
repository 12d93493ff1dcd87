/**
 * What watches the server must not grow with what passes through it: ten thousand users, groups, addresses, names and tokens
 * are counted in as many series as ten, and none of them is named.
 */
import { createServer, type DirsyncServer } from "@dirsync/server";
import { expect, onTestFinished, test } from "vitest";
import { isWhole, patienceMs, readScale } from "./scale.ts";
import { printTable } from "./table.ts";

const scale = readScale();
/** In each: a user, a group, an attribute, an address and a token. */
const rounds = isWhole(scale) ? 2_000 : 40;
const keys = rounds * 5;

/** What reliability.md allows. */
const seriesMax = 500;

const apiKey = "sk_test_of_the_series";

test(`${keys} keys make no more series than ten`, { timeout: patienceMs(scale) }, async () => {
  const server = await createServer({ dataFile: ":memory:", apiKey });
  onTestFinished(() => server.close());
  const ask = asking(server);
  const { id, scim } = (await ask("POST /directories", apiKey, { name: "Acme", type: "okta scim v2.0" })) as Directory;
  const { pathname } = new URL(scim.base_url);
  const sendAll = async (key: string): Promise<void> => {
    const userName = `${key}@example.com`;
    const user = (await ask(`POST ${pathname}/Users`, scim.bearer_token, { userName })) as { id: string };
    await ask(`GET ${pathname}/Users?filter=userName+eq+"${userName}"`, scim.bearer_token);
    await ask(`PATCH ${pathname}/Users/${user.id}`, scim.bearer_token, {
      Operations: [{ op: "replace", path: key, value: key }],
    });
    await ask(`POST ${pathname}/Groups`, scim.bearer_token, { displayName: key, members: [{ value: user.id }] });
    await ask(`GET /directory_users/${user.id}?directory=${id}`, apiKey);
    await ask(`GET /directory_users/${key}`, apiKey);
    await ask(`GET /${key}`, apiKey);
    await ask(`GET /scim/v2.0/${key}/Users`, key);
  };
  for (let key = 0; key < 10; key += 1) await sendAll(`firstKey${key}`);
  const few = seriesOf(await server.metrics());
  for (let key = 10; key < rounds; key += 1) await sendAll(`laterKey${key}`);
  const told = await server.metrics();
  const many = seriesOf(told);
  expect(many).toEqual(few);
  expect(many.length).toBeLessThan(seriesMax);
  expect(told).not.toMatch(/(?:first|later)Key|example\.com|_01[0-9A-Z]{24}|sk_test/iu);
  // Control: they were counted.
  expect(told).toContain(`{method="GET",route="/directory_users/:id",status="200"} ${rounds}\n`);
  printTable(`series of ${keys} keys`, { series: many.length });
});

interface Directory {
  readonly id: string;
  readonly scim: { readonly base_url: string; readonly bearer_token: string };
}

function asking(server: DirsyncServer) {
  return async (line: string, token: string, body?: object): Promise<unknown> => {
    const [method = "", path = ""] = line.split(" ");
    const sent = body === undefined ? {} : { body: JSON.stringify(body) };
    const headers = { Authorization: `Bearer ${token}` };
    const answer = await server.fetch(new Request(`http://localhost${path}`, { method, headers, ...sent }));
    const text = await answer.text();
    return text === "" ? null : (JSON.parse(text) as unknown);
  };
}

/** The names of all series with their labels. */
function seriesOf(told: string): readonly string[] {
  return told
    .split("\n")
    .filter((line) => line !== "" && !line.startsWith("#"))
    .map((line) => line.slice(0, line.lastIndexOf(" ")));
}
