/** A server of ours with fresh directories for the idp package to push to. */
import { DirectorySync, subscribableEventNames } from "@dirsync/sdk";
import { SelfHosted } from "@dirsync/sdk/self-hosted";
import type { DirectoryEvent } from "@dirsync/sdk";
import { createServer } from "@dirsync/server";

/** A directory nobody has pushed to. */
export interface FreshDirectory {
  readonly id: string;
  readonly baseUrl: string;
  readonly token: string;
  /** What the log says about it, without that it was connected. */
  events(): Promise<DirectoryEvent[]>;
}

/** A running server. */
export interface RehearsalStage {
  readonly origin: string;
  connect(type: string): Promise<FreshDirectory>;
  /** A directory that is strict and keeps nobody who is inactive. */
  connectStrict(type: string): Promise<FreshDirectory>;
  close(): Promise<void>;
}

/** Starts a server in memory. */
export async function startStage(): Promise<RehearsalStage> {
  const apiKey = "sk_test_rehearsals";
  const server = await createServer({ dataFile: ":memory:", apiKey });
  const { url: origin } = await server.listen({ port: 0, host: "127.0.0.1" });
  const sync = new DirectorySync({ apiKey, baseUrl: origin });
  const selfHosted = new SelfHosted({ apiKey, baseUrl: origin });
  return {
    origin,
    connect: (type) => connect(sync, { type, soft_delete: true }),
    connectStrict: async (type) => {
      const directory = await connect(sync, { type, soft_delete: false });
      await selfHosted.directories.changeScim(directory.id, { mode: "strict" });
      return directory;
    },
    close: () => server.close(),
  };
}

async function connect(
  sync: DirectorySync,
  made: { readonly type: string; readonly soft_delete: boolean },
): Promise<FreshDirectory> {
  const organization = await sync.organizations.create({ name: "Acme" });
  const { id, scim } = await sync.directories.create({ name: "People", organization_id: organization.id, ...made });
  return {
    id,
    baseUrl: scim.base_url,
    token: scim.bearer_token,
    events: async () => {
      const log: DirectoryEvent[] = [];
      const about = { events: subscribableEventNames, organization_id: organization.id };
      for await (const event of sync.events.list(about)) {
        if (event.event !== "dsync.activated") log.push(event);
      }
      return log;
    },
  };
}
