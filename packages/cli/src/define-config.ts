import type { FileValuesOf } from "./settings/setting.ts";
import type { sinkSecretSettings, sinkSettings, targets } from "./settings/sink-table.ts";
import type { plainSettings, plainSecretSettings } from "./settings/table.ts";

/** How a sink is driven; at the top of the file, how every sink is that does not say otherwise. */
export type SinkDefaults = FileValuesOf<typeof sinkSettings>;

/** What a sink delivers to: exactly one of these. */
export type SinkTarget = FileValuesOf<typeof targets>;

/** Files that hold secrets, relative to the config file. The secrets themselves have no place in it. */
export type SecretFiles = { readonly [K in keyof typeof plainSecretSettings as `${K}File`]?: string };

/** Such files, as each sink may have its own. */
export type SinkSecretFiles = { readonly [K in keyof typeof sinkSecretSettings as `${K}File`]?: string };

/** One sink. */
export type SinkConfig = SinkTarget & SinkDefaults & SinkSecretFiles;

/** A config file. Every key is explained in docs/settings.md. */
export type DirsyncConfig = FileValuesOf<typeof plainSettings> &
  SinkDefaults &
  SecretFiles &
  SinkSecretFiles & {
    /** Sinks by name. The name is what its mark in the state file is kept under. */
    readonly sinks?: Readonly<Record<string, SinkConfig>>;
  };

/** The configuration as it is: it only lets an editor and the compiler know what may stand in it. */
export function defineConfig(config: DirsyncConfig): DirsyncConfig {
  return config;
}
