import {
  createProvider,
  joiner,
  leaver,
  makeGroup,
  mover,
  people,
  type ProviderName,
  rehire,
  runSteps,
  takePeople,
  withJob,
} from "@dirsync/idp";
import { DirectorySync } from "@dirsync/sdk";
import { createServer } from "@dirsync/server";

/** One answer of the service, as it came. */
export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  /** Null where there is none, the text where it is no JSON. */
  readonly body: unknown;
}

/** A running service with two companies in it, through which every kind of event has gone. */
export interface PopulatedService {
  /** Where it listens. */
  readonly url: string;
  /** The SCIM endpoint of the directory that `ids` has. */
  readonly scim: { readonly base_url: string; readonly bearer_token: string };
  /** Ids of things that exist, by kind. */
  readonly ids: Readonly<Record<"organization" | "directory" | "user" | "group" | "event" | "webhookEndpoint", string>>;
  /** Everything that must never be in an answer. */
  readonly secrets: readonly string[];
  ask(method: string, path: string, options?: AskOptions): Promise<Answer>;
  close(): Promise<void>;
}

/** What is asked with. */
export interface AskOptions {
  readonly key?: string;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

const apiKey = "sk_test_contract_5c1b09f2a7";

/** Starts a service and plays joiners, movers, leavers and the end of a directory, over SCIM. */
export async function startPopulatedService(): Promise<PopulatedService> {
  const server = await createServer({ dataFile: ":memory:", apiKey });
  const { url } = await server.listen({ port: 0, host: "127.0.0.1" });
  const client = new DirectorySync({ apiKey, baseUrl: url });
  const { id: organization } = await client.organizations.create({ name: "Acme" });
  const make = (name: string, type: string, isSoft: boolean) =>
    client.directories.create({ name, type, organization_id: organization, soft_delete: isSoft });
  const okta = await make("Acme Okta", "okta scim v2.0", true);
  const entra = await make("Acme Entra", "azure scim v2.0", false);
  const former = await client.directories.create({ name: "Former", type: "generic scim v2.0" });
  await play("okta", okta.scim);
  await play("entra", entra.scim);
  await client.directories.delete(former.id);
  const endpoint = await client.webhookEndpoints.create({
    endpoint_url: "https://acme.example.com/webhooks",
    events: ["dsync.user.deleted"],
  });
  const ask = asker(url);
  return {
    url,
    scim: okta.scim,
    ids: {
      organization,
      directory: okta.id,
      user: await firstId(client.users.list({ directory: okta.id })),
      group: await firstId(client.groups.list({ directory: okta.id })),
      webhookEndpoint: endpoint.id,
      event: await firstId(client.events.list({ events: ["dsync.user.created"] })),
    },
    secrets: [apiKey, ...[okta, entra, former].map(({ scim }) => scim.bearer_token), endpoint.secret],
    ask,
    close: () => server.close(),
  };
}

/** Everything an identity provider does to one directory, so that each kind of user and group event comes up. */
async function play(
  name: ProviderName,
  scim: { readonly base_url: string; readonly bearer_token: string },
): Promise<void> {
  const provider = createProvider(name, { baseUrl: scim.base_url, token: scim.bearer_token });
  const [person, colleague] = takePeople(people(2026), 2);
  if (person === undefined || colleague === undefined) throw new Error("people() is endless");
  const engineering = makeGroup("Engineering");
  const sales = makeGroup("Sales");
  const interim = makeGroup("Interim");
  for (const group of [engineering, sales, interim]) await provider.createGroup(group);
  await provider.renameGroup(interim, "Interim 2026");
  await provider.deleteGroup({ ...interim, name: "Interim 2026" });
  const promoted = withJob(person, { title: "Sales Lead", department: "Sales" });
  await runSteps([
    ...joiner(provider, { person, groups: [engineering] }),
    ...joiner(provider, { person: colleague, groups: [sales] }),
    ...mover(provider, { person: promoted, from: engineering, to: sales }),
    ...leaver(provider, { person: promoted }),
    ...rehire(provider, { person: promoted }),
    ...leaver(provider, { person: promoted, isErased: true }),
  ]);
}

function asker(url: string): PopulatedService["ask"] {
  return async (method, path, { key = apiKey, body: sent, headers = {} } = {}) => {
    const response = await fetch(`${url}${path}`, {
      method,
      headers: { authorization: `Bearer ${key}`, "content-type": "application/json", ...headers },
      ...(sent === undefined ? {} : { body: typeof sent === "string" ? sent : JSON.stringify(sent) }),
    });
    const text = await response.text();
    const isJson = response.headers.get("content-type")?.startsWith("application/json") === true;
    const body = isJson ? (JSON.parse(text) as unknown) : text === "" ? null : text;
    return { status: response.status, headers: response.headers, text, body };
  };
}

async function firstId(things: AsyncIterable<{ readonly id: string }>): Promise<string> {
  for await (const { id } of things) return id;
  throw new Error("The service has none of these.");
}
