/** The registry: one line per provider. */
import type { IdentityProvider, ProviderOptions } from "../provider.ts";
import { cyberArk } from "./cyberark.ts";
import { connectEntra } from "./entra.ts";
import { generic } from "./generic.ts";
import { google } from "./google.ts";
import { jumpCloud } from "./jumpcloud.ts";
import { oktaCustomApp } from "./okta-custom-app.ts";
import { connectOkta } from "./okta.ts";
import { oneLogin } from "./onelogin.ts";
import { pingFederate, pingOne } from "./ping.ts";
import { rippling } from "./rippling.ts";
import { sailPoint } from "./sailpoint.ts";
import type { ProviderTemplate } from "./template.ts";
import { connectTemplated } from "./templated.ts";

/** Names that `createProvider` accepts. */
export type ProviderName = keyof typeof providers;

/** Names that `createProvider` accepts, for help texts and validation. */
export function providerNames(): readonly ProviderName[] {
  return Object.keys(providers) as ProviderName[];
}

/** Connects a provider to one directory. Sends nothing yet. @throws ConfigError for an unusable address or token. */
export function createProvider(name: ProviderName, options: ProviderOptions): IdentityProvider {
  return providers[name](options);
}

const providers = {
  okta: connectOkta,
  "okta-custom-app": templated(oktaCustomApp),
  entra: connectEntra,
  "entra-compliant": (options: ProviderOptions) => connectEntra({ ...options, baseUrl: compliant(options.baseUrl) }),
  onelogin: templated(oneLogin),
  jumpcloud: templated(jumpCloud),
  pingfederate: templated(pingFederate),
  pingone: templated(pingOne),
  rippling: templated(rippling),
  cyberark: templated(cyberArk),
  sailpoint: templated(sailPoint),
  google: templated(google),
  generic: templated(generic),
} as const;

function templated(template: ProviderTemplate): (options: ProviderOptions) => IdentityProvider {
  return (options) => connectTemplated(template, options);
}

/** The address with the flag an admin puts behind it; one that is no address stays, to be refused where it is read. */
function compliant(baseUrl: string): string {
  if (!URL.canParse(baseUrl)) return baseUrl;
  const url = new URL(baseUrl);
  url.searchParams.set("aadOptscim062020", "");
  return url.href;
}
