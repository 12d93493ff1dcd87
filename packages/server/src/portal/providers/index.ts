import { cyberark } from "./cyberark.ts";
import { entra } from "./entra.ts";
import { generic } from "./generic.ts";
import { jumpcloud } from "./jumpcloud.ts";
import { okta } from "./okta.ts";
import { onelogin } from "./onelogin.ts";
import { pingfederate } from "./pingfederate.ts";
import { pingone } from "./pingone.ts";
import type { ProviderGuide } from "./provider.ts";
import { rippling } from "./rippling.ts";
import { sailpoint } from "./sailpoint.ts";

export type { ProviderGuide } from "./provider.ts";

/** Every provider the portal knows, in the order it offers them. */
export const providers: readonly ProviderGuide[] = [
  okta,
  entra,
  onelogin,
  jumpcloud,
  pingfederate,
  pingone,
  rippling,
  cyberark,
  sailpoint,
  generic,
];

/** The provider with this slug. */
export function providerOf(slug: string): ProviderGuide | undefined {
  return providers.find((provider) => provider.slug === slug);
}

/** The provider to show for a directory: the one that was chosen, or else the first of its type. */
export function providerFor(type: string, chosen: string | null): ProviderGuide {
  const fitting = providers.filter((provider) => provider.directoryType === type);
  return fitting.find(({ slug }) => slug === chosen) ?? fittingAlone(fitting) ?? generic;
}

/** Two share a type; which of them it is nobody knows then. */
function fittingAlone(fitting: readonly ProviderGuide[]): ProviderGuide | undefined {
  return fitting.length === 1 ? fitting[0] : undefined;
}
