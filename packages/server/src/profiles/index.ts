import { genericProfile, tolerances } from "./generic.ts";
import type { Profile } from "./profile.ts";
import { composeProfile } from "./rewrite.ts";

export type { Profile } from "./profile.ts";

/**
 * The profile for a directory `type` such as `okta scim v2.0`; the generic one for a type without its own.
 *
 * A type of its own today changes only the name in logs: the tolerances do not contradict each other, and people
 * connect a provider under the wrong type often enough that a narrower profile would refuse real leavers.
 */
export function profileOf(directoryType: string): Profile {
  return profiles.get(directoryType.toLowerCase()) ?? genericProfile;
}

const profiles: ReadonlyMap<string, Profile> = new Map(
  [
    ["okta scim v2.0", "okta"],
    ["azure scim v2.0", "entra"],
    ["onelogin scim v2.0", "onelogin"],
    ["jump cloud scim v2.0", "jumpcloud"],
    ["pingfederate scim v2.0", "pingfederate"],
    ["rippling scim v2.0", "rippling"],
    ["cyberark scim v2.0", "cyberark"],
    ["sailpoint scim v2.0", "sailpoint"],
  ].map(([type = "", name = ""]) => [type, composeProfile(name, tolerances)] as const),
);
