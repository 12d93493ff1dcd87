/** The providers of the idp package against our own server: what they send arrives as the right events, in order. */
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import {
  connection,
  createProvider,
  initialImport,
  joiner,
  leaver,
  makeGroup,
  mover,
  people,
  rehire,
  rename,
  runSteps,
  takePeople,
  withFamilyName,
  withJob,
} from "@dirsync/idp";
import type { IdentityProvider, Person, ProviderName } from "@dirsync/idp";
import { DirectorySync, subscribableEventNames } from "@dirsync/sdk";
import type { DirectoryEvent } from "@dirsync/sdk";
import { createServer } from "@dirsync/server";
import type { DirsyncServer } from "@dirsync/server";

interface Flavour {
  readonly provider: ProviderName;
  readonly type: string;
  /** Behind the SCIM address. */
  readonly flag: string;
}

const flavours: readonly [string, Flavour][] = [
  ["Okta", { provider: "okta", type: "okta scim v2.0", flag: "" }],
  ["Entra ID", { provider: "entra", type: "azure scim v2.0", flag: "" }],
  ["Entra ID with aadOptscim062020", { provider: "entra", type: "azure scim v2.0", flag: "?aadOptscim062020" }],
];

const apiKey = "sk_test_idp_against_server";
const [boss, hire] = takePeople(people(2026), 2);
if (boss === undefined || hire === undefined) {
  throw new Error("people() is endless");
}
const engineering = makeGroup("Engineering");
const sales = makeGroup("Sales");

let server: DirsyncServer;
let sync: DirectorySync;

beforeAll(async () => {
  server = await createServer({ dataFile: ":memory:", apiKey });
  const { url } = await server.listen({ port: 0, host: "127.0.0.1" });
  sync = new DirectorySync({ apiKey, baseUrl: url });
});

afterAll(async () => {
  await server.close();
});

describe.each(flavours)("%s", (_name, flavour) => {
  const person: Person = { ...withoutManager(hire), title: "Engineer", department: "Engineering" };
  const promoted = withJob(person, { title: "Sales Lead", department: "Sales" });

  test("joiner, mover, leaver: every act is one event, in the order of the acts", async () => {
    const { provider, events } = await connect(flavour, { isSoft: true });
    await runSteps([
      ...connection(provider, { groups: [engineering, sales] }),
      ...joiner(provider, { person, groups: [engineering] }),
      ...mover(provider, { person: promoted, from: engineering, to: sales }),
      ...leaver(provider, { person }),
    ]);
    const log = await events();
    expect(log.map(tell)).toEqual([
      "dsync.group.created Engineering",
      "dsync.group.created Sales",
      `dsync.user.created ${person.email} active`,
      `dsync.group.user_added ${person.email} Engineering`,
      `dsync.user.updated ${person.email} active`,
      `dsync.group.user_added ${person.email} Sales`,
      `dsync.group.user_removed ${person.email} Engineering`,
      `dsync.user.updated ${person.email} inactive`,
    ]);
    expect(log[4]?.data).toMatchObject({ custom_attributes: { job_title: "Sales Lead", department_name: "Sales" } });
    expect(log[7]?.data).toMatchObject({ previous_attributes: { state: "active" } });
  });

  test("a leaver is deleted, and created again on return, where accounts are not kept", async () => {
    const { provider, events } = await connect(flavour, { isSoft: false });
    await runSteps([
      ...joiner(provider, { person, groups: [] }),
      ...leaver(provider, { person }),
      ...rehire(provider, { person }),
    ]);
    expect((await events()).map(tell)).toEqual([
      `dsync.user.created ${person.email} active`,
      `dsync.user.deleted ${person.email} inactive`,
      `dsync.user.created ${person.email} active`,
    ]);
  });

  test("a return and a new name keep the account", async () => {
    const { provider, events } = await connect(flavour, { isSoft: true });
    const married = withFamilyName(person, "Ångström");
    await runSteps([
      ...joiner(provider, { person, groups: [] }),
      ...leaver(provider, { person }),
      ...rehire(provider, { person }),
      ...rename(provider, { person: married, formerName: person.displayName }),
    ]);
    const log = await events();
    expect(log.map(tell)).toEqual([
      `dsync.user.created ${person.email} active`,
      `dsync.user.updated ${person.email} inactive`,
      `dsync.user.updated ${person.email} active`,
      `dsync.user.updated ${married.email} active`,
    ]);
    expect(log[3]?.data).toMatchObject({
      last_name: "Ångström",
      previous_attributes: { email: person.email, last_name: person.familyName },
    });
  });

  test("doing everything again changes nothing and emits nothing", async () => {
    const { provider, again, events } = await connect(flavour, { isSoft: true });
    const story = [
      ...connection(provider, { groups: [engineering] }),
      ...joiner(provider, { person, groups: [engineering] }),
    ];
    await runSteps(story);
    const before = await events();
    await runSteps(story);
    // A provider in a new session knows no remote ids and has to find everything.
    const second = again();
    await second.createGroup(engineering);
    await second.assign(person);
    await second.update(person);
    await second.addMembers(engineering, [person]);
    expect(await events()).toEqual(before);
  });

  test("a team is renamed, emptied and deleted", async () => {
    const { provider, events } = await connect(flavour, { isSoft: true });
    const colleague = withoutManager(boss);
    await provider.assign(person);
    await provider.assign(colleague);
    await provider.createGroup(sales);
    await provider.addMembers(sales, [person, colleague]);
    await provider.renameGroup(sales, "Sales EMEA");
    const renamed = { ...sales, name: "Sales EMEA" };
    await provider.removeMembers(renamed, [person]);
    await provider.deleteGroup(renamed);
    expect((await events()).slice(2).map(tell)).toEqual([
      "dsync.group.created Sales",
      `dsync.group.user_added ${person.email} Sales`,
      `dsync.group.user_added ${colleague.email} Sales`,
      "dsync.group.updated Sales EMEA",
      `dsync.group.user_removed ${person.email} Sales EMEA`,
      "dsync.group.deleted Sales EMEA",
    ]);
  });

  test("forty people with managers arrive once each", async () => {
    const { provider, events } = await connect(flavour, { isSoft: true });
    expect(await initialImport(provider, { people: takePeople(people(7), 40), concurrencyMax: 4 })).toBe(40);
    const created = (await events()).filter(({ event }) => event === "dsync.user.created");
    expect(new Set(created.map(tell)).size).toBe(40);
    expect(created).toHaveLength(40);
  });
});

test("Entra ID deletes for good what Okta only switches off", async () => {
  const ends = await Promise.all(
    flavours.map(async ([, flavour]) => {
      const { provider, events } = await connect(flavour, { isSoft: true });
      const person = withoutManager(hire);
      await provider.assign(person);
      await runSteps(leaver(provider, { person, isErased: true }));
      return (await events()).map(({ event }) => event);
    }),
  );
  expect(ends).toEqual([
    ["dsync.user.created", "dsync.user.updated"],
    ["dsync.user.created", "dsync.user.updated", "dsync.user.deleted"],
    ["dsync.user.created", "dsync.user.updated", "dsync.user.deleted"],
  ]);
});

test("a wrong token is refused, and the error tells the admin without showing it", async () => {
  const directory = await sync.directories.create({ name: "Wrong token", type: "okta scim v2.0" });
  const token = "scim_not_the_right_one";
  const okta = createProvider("okta", { baseUrl: directory.scim.base_url, token });
  const outcome = await okta.testConnection().catch((error: unknown) => error);
  expect(outcome).toMatchObject({ name: "ApiError", status: 401 });
  expect(String(outcome)).toMatch(/bearer token/);
  expect(String(outcome)).not.toContain(token);
});

test("the README's example runs as it is printed", async () => {
  const directory = await sync.directories.create({ name: "README", type: "okta scim v2.0" });
  const readme = await readFile(new URL("../../packages/idp/README.md", import.meta.url), "utf8");
  const printed = /```ts\n(.*?)```/su.exec(readme)?.[1] ?? "";
  const example = printed
    .replace(/baseUrl: ".*?"/u, `baseUrl: ${JSON.stringify(directory.scim.base_url)}`)
    .replace(/token: ".*?"/u, `token: ${JSON.stringify(directory.scim.bearer_token)}`);
  // Below test/, so that the package's name resolves as it does for an app.
  const folder = new URL("../.cache/", import.meta.url);
  await mkdir(folder, { recursive: true });
  const file = new URL("idp-readme-example.ts", folder);
  await writeFile(file, example);
  const told: unknown[] = [];
  const log = vi.spyOn(console, "log").mockImplementation((line) => told.push(line));
  try {
    await import(/* @vite-ignore */ file.href);
  } finally {
    log.mockRestore();
  }
  expect(told).toHaveLength(9);
  expect(told.at(-1)).toMatch(/^Okta: .* leaves; the account is switched off$/u);
});

/** A new organization with one directory, the provider connected to it, and what its log says about it. */
async function connect(
  flavour: Flavour,
  options: { readonly isSoft: boolean },
): Promise<{
  provider: IdentityProvider;
  again: () => IdentityProvider;
  events: () => Promise<DirectoryEvent[]>;
}> {
  const organization = await sync.organizations.create({ name: "Acme" });
  const directory = await sync.directories.create({
    name: "Acme people",
    type: flavour.type,
    organization_id: organization.id,
    soft_delete: options.isSoft,
  });
  const baseUrl = `${directory.scim.base_url}${flavour.flag}`;
  const again = (): IdentityProvider =>
    createProvider(flavour.provider, { baseUrl, token: directory.scim.bearer_token });
  return { provider: again(), again, events: () => readLog(organization.id) };
}

async function readLog(organizationId: string): Promise<DirectoryEvent[]> {
  const log: DirectoryEvent[] = [];
  for await (const event of sync.events.list({ events: subscribableEventNames, organization_id: organizationId })) {
    if (event.event !== "dsync.activated") {
      log.push(event);
    }
  }
  return log;
}

/** One event in one line: its name, whom it is about, and the group or the state. */
function tell({ event, data }: DirectoryEvent): string {
  const facts = data as { user?: Facts; group?: Facts } & Facts;
  const who = (facts.user ?? facts).email ?? facts.name;
  const rest = facts.group === undefined ? facts.state : facts.group.name;
  return [event, who, rest].filter((part) => part !== undefined).join(" ");
}

interface Facts {
  readonly email?: string;
  readonly name?: string;
  readonly state?: string;
}

function withoutManager(person: Person): Person {
  const { manager: _manager, ...rest } = person;
  return rest;
}
