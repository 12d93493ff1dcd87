/** What a config file or a program may import from the command line's package. */
export { defineConfig } from "./define-config.ts";
export type {
  DirsyncConfig,
  SecretFiles,
  SinkConfig,
  SinkDefaults,
  SinkSecretFiles,
  SinkTarget,
} from "./define-config.ts";
export type { TortureHarness } from "./torture/harness.ts";
