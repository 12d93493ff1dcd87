import { createProvider, people, type Person } from "@dirsync/idp";
import { type DirectoryEvent, subscribableEventNames } from "@dirsync/sdk";
import { SelfHosted } from "@dirsync/sdk/self-hosted";
import { createServer } from "@dirsync/server";

/** A directory-sync service with one directory, whose people are made up. */
export interface Company {
  /** Address of the service. */
  readonly url: string;
  readonly client: SelfHosted;
  /** Where its directory takes SCIM requests. */
  readonly scimUrl: string;
  /** The bearer token of its directory. */
  readonly token: string;
  /** Gives `count` more people an account: one event each. */
  hire(count: number): Promise<void>;
  /** Switches off the account of the person hired first: one event. */
  dismissFirst(): Promise<void>;
  /** The whole log, oldest first. */
  log(): Promise<readonly DirectoryEvent[]>;
  close(): Promise<void>;
}

/** Starts a service in this process, with the directory of a company that is connected through Okta. */
export async function startCompany(apiKey: string): Promise<Company> {
  const server = await createServer({ dataFile: ":memory:", apiKey });
  const { url } = await server.listen({ port: 0, host: "127.0.0.1" });
  const client = new SelfHosted({ apiKey, baseUrl: url });
  const { scim } = await client.directories.create({ name: "Acme", type: "okta scim v2.0" });
  const provider = createProvider("okta", { baseUrl: scim.base_url, token: scim.bearer_token });
  const applicants = people(2026);
  const staff: Person[] = [];
  return {
    url,
    client,
    scimUrl: scim.base_url,
    token: scim.bearer_token,
    hire: async (count) => {
      for (let hired = 0; hired < count; hired += 1) {
        const { manager: _manager, ...person }: Person = applicants.next().value;
        await provider.assign(person);
        staff.push(person);
      }
    },
    dismissFirst: async () => {
      const [first] = staff;
      if (first !== undefined) await provider.deactivate(first);
    },
    log: async () => {
      const log: DirectoryEvent[] = [];
      for await (const event of client.events.list({ events: subscribableEventNames })) log.push(event);
      return log;
    },
    close: () => server.close(),
  };
}
