/** The registry: one line per provider. */
import type { IdentityProvider, ProviderOptions } from "../provider.ts";
import { connectEntra } from "./entra.ts";
import { connectOkta } from "./okta.ts";

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

const providers = { okta: connectOkta, entra: connectEntra } as const;
