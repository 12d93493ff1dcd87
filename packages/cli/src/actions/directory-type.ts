import { ApiError } from "@dirsync/sdk";
import { nearest } from "../settings/nearest.ts";
import { wrongUsage } from "../wrong-usage.ts";

/** Short names of providers, and the `type` that the service knows each by. */
const types: Readonly<Record<string, string>> = {
  okta: "okta scim v2.0",
  entra: "azure scim v2.0",
  onelogin: "onelogin scim v2.0",
  jumpcloud: "jump cloud scim v2.0",
  pingfederate: "pingfederate scim v2.0",
  pingone: "generic scim v2.0",
  rippling: "rippling scim v2.0",
  cyberark: "cyberark scim v2.0",
  sailpoint: "sailpoint scim v2.0",
  generic: "generic scim v2.0",
};

/** The `type` of a provider; a name that is none of ours is taken for a type. */
export function directoryTypeOf(provider: string): string {
  return types[provider] ?? provider;
}

/** Says which providers there are where the service refused the type of one; any other error passes. */
export function explainRefusedType(error: unknown, provider: string): unknown {
  if (!(error instanceof ApiError) || !error.problems.some(({ field }) => field === "type")) return error;
  const names = Object.keys(types);
  const meant = nearest(provider, names);
  const advice = meant === null ? `It takes ${names.join(", ")}, or a type of the service.` : `Did you mean ${meant}?`;
  return wrongUsage(`--provider: the service knows no "${provider}". ${advice}`);
}
