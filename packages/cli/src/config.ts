/** What the environment says besides the settings in `settings/table.ts`. */
import { join, resolve } from "node:path";
import { ConfigError } from "@dirsync/sdk";
import { homeOf, xdgFolder } from "./cache-folder.ts";
import type { Context, Environment } from "./context.ts";
import { webAddress } from "./settings/kinds.ts";
import { Problems } from "./settings/problem.ts";
import { findSecret } from "./settings/secret-source.ts";
import type { SecretSetting } from "./settings/setting.ts";
import { sinkSecretSettings } from "./settings/sink-table.ts";
import { plainSecretSettings } from "./settings/table.ts";

/** Variables that a hook inherits; everything else, our API key first of all, stays with us. */
const hookVariables = ["PATH", "HOME", "USER", "LOGNAME", "SHELL", "LANG", "TZ", "TMPDIR"];

/** The secret that callers of our own server have to send. Never a key of WorkOS: it would be given away. */
const serverKey: SecretSetting = { purpose: "API key that callers have to send", variables: ["DIRSYNC_API_KEY"] };

/** Encrypts the signing secrets that our own server stores. */
const encryptionKey: SecretSetting = { purpose: "key that encrypts secrets", variables: ["DIRSYNC_ENCRYPTION_KEY"] };

/** Flags that say where our own server has its keys. */
export interface ServerKeyFlags {
  readonly apiKeyFile?: string;
  readonly encryptionKeyFile?: string;
  readonly insecureSecretFiles: boolean;
}

/**
 * The keys that callers of our own server have to send, the one that stays first; null when none is given.
 * @throws ConfigError when they are given and cannot be used.
 */
export function serverKeysOf(flags: ServerKeyFlags, context: Context): readonly string[] | null {
  return secretsOf("apiKey", { setting: serverKey, flags }, context);
}

/**
 * The keys that our own server encrypts secrets with, the one that seals first; null when none is given.
 * @throws ConfigError when they are given and cannot be used.
 */
export function encryptionKeysOf(flags: ServerKeyFlags, context: Context): readonly string[] | null {
  return secretsOf("encryptionKey", { setting: encryptionKey, flags }, context);
}

/** Several stand on lines of their own: one that takes the place of another is first. */
function secretsOf(
  name: string,
  { setting, flags }: { readonly setting: SecretSetting; readonly flags: ServerKeyFlags },
  { environment, secrets }: Context,
): readonly string[] | null {
  const problems = new Problems();
  const { insecureSecretFiles: allowsOpenFiles, ...files } = flags;
  const rules = { secrets, allowsOpenFiles };
  const source = findSecret({ name, setting }, { flags: files, environment, file: null, problems }, rules);
  problems.throwIfAny();
  if (source === null) return null;
  const lines = source.read().reveal().split("\n");
  return lines.map((line) => line.trim()).filter((line) => line !== "");
}

/** Where an app keeps its people. Its address usually holds a password. */
const appDatabase: SecretSetting = {
  purpose: "address of the app's database",
  variables: ["DIRSYNC_DATABASE_URL", "DATABASE_URL"],
};

/** What says where the app's database is. */
interface DatabaseFlags {
  readonly databaseUrlFile?: string;
  readonly insecureSecretFiles?: boolean;
}

/**
 * The address of the app's database, or null.
 * @throws ConfigError when it is given and cannot be used.
 */
export function databaseUrlOf(flags: DatabaseFlags, { environment, secrets }: Context): string | null {
  const problems = new Problems();
  const rules = { secrets, allowsOpenFiles: flags.insecureSecretFiles ?? false };
  const layers = { flags: { databaseUrlFile: flags.databaseUrlFile }, environment, file: null, problems };
  const source = findSecret({ name: "databaseUrl", setting: appDatabase }, layers, rules);
  problems.throwIfAny();
  return source === null ? null : source.read().reveal();
}

/** Where our own server can be reached from outside, when that is not where it listens. */
export function publicUrlOf({ environment }: Context): string | undefined {
  const given = environment["DIRSYNC_PUBLIC_URL"];
  if (given === undefined || given === "") return undefined;
  const reading = webAddress.read(given);
  if ("value" in reading) return reading.value;
  throw new ConfigError(`DIRSYNC_PUBLIC_URL ${reading.mistake}.`, { where: "DIRSYNC_PUBLIC_URL" });
}

/** The data file of `dirsync serve`: the flag, DIRSYNC_DATA, the service manager's folder, else the XDG state folder. */
export function dataFileOf(flag: string | undefined, environment: Environment): string {
  return resolve(flag ?? environment["DIRSYNC_DATA"] ?? join(stateFolder(environment), "server.db"));
}

/** The environment a hook gets; `further` names variables besides those that every program needs. */
export function hookEnvironment(environment: Environment, further: readonly string[] = []): Record<string, string> {
  const names = [...hookVariables, ...Object.keys(environment).filter((name) => name.startsWith("LC_")), ...further];
  const inherited: Record<string, string> = {};
  for (const name of names) {
    const value = environment[name];
    if (value !== undefined) inherited[name] = value;
  }
  return inherited;
}

/**
 * The environment handlers get in a process of their own: all of ours, because they are a part of the app and connect to
 * its database, but for our secrets. `further` names variables that they get all the same.
 */
export function handlerEnvironment(environment: Environment, further: readonly string[] = []): Record<string, string> {
  const ofServer = { serverKey, encryptionKey };
  const secrets: readonly SecretSetting[] = Object.values({
    ...plainSecretSettings,
    ...sinkSecretSettings,
    ...ofServer,
  });
  const kept = new Set(secrets.flatMap(({ variables }) => variables).filter((name) => !further.includes(name)));
  const inherited: Record<string, string> = {};
  for (const [name, value] of Object.entries(environment)) {
    if (value !== undefined && !kept.has(name)) inherited[name] = value;
  }
  return inherited;
}

/** True when the environment says that nobody is watching, as CI services do. */
export function isUnattended(environment: Environment): boolean {
  const ci = environment["CI"];
  return ci !== undefined && ci !== "" && ci !== "false";
}

/** Where this program keeps its files: the service manager's folder, else the XDG state folder. */
export function stateFolder(environment: Environment): string {
  // Of several folders, which systemd separates with colons, the first is ours.
  const [given] = (environment["STATE_DIRECTORY"] ?? "").split(":");
  if (given !== undefined && given !== "") return given;
  return join(xdgFolder(environment, "XDG_STATE_HOME") ?? join(homeOf(environment), ".local", "state"), "dirsync");
}
