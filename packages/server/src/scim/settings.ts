import { extendedTypes } from "./schema/custom.ts";
import type { CustomSchema } from "./schema/custom.ts";
import type { ResourceType, TypeName } from "./model.ts";
import { policies } from "./policy.ts";
import type { ScimMode, ScimPolicy } from "./policy.ts";

/** What a directory decides about its SCIM endpoint, as it is stored. What is absent is as the mode has it. */
export interface StoredScimSettings extends StoredPolicy {
  /** Default: `lenient`. */
  readonly mode?: ScimMode | undefined;
  /** Schemas beside the core and enterprise ones. */
  readonly schemas?: readonly CustomSchema[] | undefined;
}

type StoredPolicy = { readonly [Name in keyof ScimPolicy]?: ScimPolicy[Name] | undefined };

/** What a directory has decided, ready to use. */
export interface ScimSettings {
  readonly types: Readonly<Record<TypeName, ResourceType>>;
  readonly policy: ScimPolicy;
}

/** The settings of a directory that has decided nothing. */
export const defaultSettings: ScimSettings = { types: { User: "User", Group: "Group" }, policy: policies.lenient };

/** The settings of a directory. */
export function settingsOf(directory: { readonly scim_settings: string }): ScimSettings {
  // Most directories, on every request.
  if (directory.scim_settings === "{}") return defaultSettings;
  const stored = storedSettingsOf(directory);
  return { types: extendedTypes(stored.schemas ?? []), policy: policyOf(stored) };
}

/** The settings of a directory as they are stored. */
export function storedSettingsOf(directory: { readonly scim_settings: string }): StoredScimSettings {
  return JSON.parse(directory.scim_settings) as StoredScimSettings;
}

/** The policy that a directory's mode and its own words come to. */
export function policyOf({ mode = "lenient", ...stored }: StoredScimSettings): ScimPolicy {
  const preset = policies[mode];
  return {
    wrong_types: stored.wrong_types ?? preset.wrong_types,
    nulls: stored.nulls ?? preset.nulls,
    shared_emails: stored.shared_emails ?? preset.shared_emails,
    created_inactive: stored.created_inactive ?? preset.created_inactive,
    omitted_on_put: stored.omitted_on_put ?? preset.omitted_on_put,
    empty_members: stored.empty_members ?? preset.empty_members,
    missing_emails: stored.missing_emails ?? preset.missing_emails,
    unmatched_filters: stored.unmatched_filters ?? preset.unmatched_filters,
  };
}
