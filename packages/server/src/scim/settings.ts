import { extendedTypes } from "./custom-schema.ts";
import type { CustomSchema } from "./custom-schema.ts";
import type { ResourceType, TypeName } from "./model.ts";

/** What a directory decides about its SCIM endpoint, as it is stored and as the API shows it. */
export interface StoredScimSettings {
  /** Schemas beside the core and enterprise ones. */
  readonly schemas?: readonly CustomSchema[] | undefined;
}

/** What a directory has decided, ready to use. */
export interface ScimSettings {
  readonly types: Readonly<Record<TypeName, ResourceType>>;
}

/** The settings of a directory that has decided nothing. */
export const defaultSettings: ScimSettings = { types: { User: "User", Group: "Group" } };

/** The settings of a directory. */
export function settingsOf(directory: { readonly scim_settings: string }): ScimSettings {
  // Most directories, on every request.
  if (directory.scim_settings === "{}") return defaultSettings;
  const { schemas = [] } = storedSettingsOf(directory);
  return { types: extendedTypes(schemas) };
}

/** The settings of a directory as they are stored. */
export function storedSettingsOf(directory: { readonly scim_settings: string }): StoredScimSettings {
  return JSON.parse(directory.scim_settings) as StoredScimSettings;
}
