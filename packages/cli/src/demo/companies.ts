import { connectEntra, connectOkta, type IdentityProvider, type ScimTransport, sendOverHttp } from "@dirsync/idp";
import type { DirectorySync } from "@dirsync/sdk";

/** A customer of the app, with its people in an identity provider that is connected to the service. */
export interface Company {
  readonly name: string;
  readonly providerName: string;
  readonly directoryId: string;
  readonly domain: string;
  readonly provider: IdentityProvider;
  /** Requests the provider has sent. */
  readonly sent: () => number;
}

const plans = [
  { name: "Acme", providerName: "Okta", type: "okta scim v2.0", domain: "acme.example", connect: connectOkta },
  {
    name: "Globex",
    providerName: "Entra ID",
    type: "azure scim v2.0",
    domain: "globex.example",
    connect: connectEntra,
  },
] as const;

/** Connects an Okta-like and an Entra-like directory to the service, the way an admin does once. */
export async function connectCompanies(client: DirectorySync): Promise<readonly [Company, Company]> {
  const [acme, globex] = plans;
  return [await connectCompany(client, acme), await connectCompany(client, globex)];
}

async function connectCompany(client: DirectorySync, plan: (typeof plans)[number]): Promise<Company> {
  const { name, providerName, domain, type, connect } = plan;
  const directory = await client.directories.create({ name: `${name} people`, type });
  let requests = 0;
  const provider = connect({
    baseUrl: directory.scim.base_url,
    token: directory.scim.bearer_token,
    transport: countingTransport(() => {
      requests += 1;
    }),
  });
  return { name, providerName, domain, directoryId: directory.id, provider, sent: () => requests };
}

/** The real network, with a count of what goes over it. */
function countingTransport(onRequest: () => void): ScimTransport {
  return (request, signal) => {
    onRequest();
    return sendOverHttp(request, signal);
  };
}
