import { existsSync, rmSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { ConfigError, systemRuntime } from "@dirsync/sdk";
import { type BackupFacts, keyFingerprints, makeBackup, readBackup, restoreBackup } from "@dirsync/server";
import { dataFileOf, encryptionKeysOf, type ServerKeyFlags, serverKeysOf } from "../config.ts";
import type { Context } from "../context.ts";
import { exitCodes } from "../exit-codes.ts";
import { partialFor, putInPlace } from "../export/output-file.ts";
import { createOutput, type Output } from "../output.ts";
import { serviceOf } from "../settings/access.ts";
import { loadConfiguration } from "../settings/load.ts";
import { amount } from "../ui/amount.ts";
import { printable } from "../ui/printable.ts";
import { whileWaiting } from "../ui/waiting.ts";
import { downloadBackup } from "./download-backup.ts";
import { type GetFlags, given } from "./listing.ts";

/** Flags of `dirsync server backup`. */
export interface BackupFlags extends GetFlags {
  readonly out: string;
  readonly data?: string;
}

/** Flags of `dirsync server restore`. */
export interface RestoreFlags extends ServerKeyFlags {
  readonly data?: string;
  readonly check: boolean;
  readonly json: boolean;
}

/** Makes a backup file; what was there before stays until the new one is known to be sound. */
export async function backup(flags: BackupFlags, context: Context): Promise<number> {
  const out = resolve(flags.out);
  refuseNoFolder(out);
  const [copy, packed] = [await partialFor(out), await partialFor(out)];
  try {
    if (flags.data === undefined) {
      const service = await serviceFor(flags, context);
      await whileWaiting(context.streams, "the server copies its data", () => downloadBackup(service, copy));
    }
    const from = flags.data === undefined ? copy : resolve(flags.data);
    const facts = makeBackup({ from, to: packed }, nowText());
    await putInPlace(packed, out);
    tell(facts, { file: out, output: createOutput(context, flags.json) });
    return exitCodes.done;
  } finally {
    for (const file of [copy, packed]) rmSync(file, { force: true });
  }
}

async function serviceFor(flags: BackupFlags, context: Context) {
  const { config, baseUrl, apiKeyFile, insecureSecretFiles } = flags;
  return await serviceOf(await loadConfiguration(given({ config, baseUrl, apiKeyFile, insecureSecretFiles }), context));
}

function refuseNoFolder(out: string): void {
  if (existsSync(dirname(out))) return;
  throw new ConfigError(`The folder of ${out} does not exist; make it first.`, { where: "--out" });
}

/** Puts a backup in the place of a data file. */
export async function restore(file: string, flags: RestoreFlags, context: Context): Promise<number> {
  const from = resolve(file);
  const to = dataFileOf(flags.data, context.environment);
  const output = createOutput(context, flags.json);
  const isKeyRight = holdKeyAgainst(readBackup(from), flags, context);
  if (flags.check) {
    tell(readBackup(from), { file: from, output, isKeyRight });
    return exitCodes.done;
  }
  if (flags.data === undefined && !existsSync(to)) {
    throw new ConfigError(`There is no data file at ${to}. Name the server's, or where it is to be, with --data.`, {
      where: "--data",
    });
  }
  if (from === to) throw new ConfigError(`${from} is the data file itself.`, { where: "--data" });
  const { facts, keptAs } = restoreBackup({ from, to }, nowText());
  tell(facts, { file: from, output, isKeyRight, restored: { to, keptAs } });
  return exitCodes.done;
}

/** True when the right key was given, null when none was. @throws ConfigError for another one */
function holdKeyAgainst(facts: BackupFacts, flags: RestoreFlags, context: Context): true | null {
  const apiKey = serverKeysOf(flags, context);
  const encryptionKey = encryptionKeysOf(flags, context);
  if (apiKey === null && encryptionKey === null) return null;
  const needed = facts.keyFingerprint;
  const own = keyFingerprints({ apiKey: apiKey ?? "", ...(encryptionKey === null ? {} : { encryptionKey }) });
  if (own.includes(needed)) return true;
  const text = `The secrets in the backup need the encryption key with the fingerprint ${needed}; the one given has ${own.join(", ")}. Give that one, or none.`;
  throw new ConfigError(text, { where: encryptionKey === null ? "DIRSYNC_API_KEY" : "--encryption-key-file" });
}

interface Telling {
  readonly file: string;
  readonly output: Output;
  readonly isKeyRight?: true | null;
  readonly restored?: { readonly to: string; readonly keptAs: string | null };
}

function tell(facts: BackupFacts, { file, output, isKeyRight, restored }: Telling): void {
  if (output.isJson) {
    output.json({
      file,
      made_at: facts.madeAt,
      instance_id: facts.instanceId,
      key_fingerprint: facts.keyFingerprint,
      directories: facts.directories,
      users: facts.users,
      events: facts.events,
      last_event_id: facts.lastEventId,
      bytes: facts.bytes,
      ...(restored === undefined ? {} : { data: restored.to, kept_as: restored.keptAs }),
    });
    return;
  }
  const { directories, users, events } = facts;
  const line = (name: string, value: string): void => output.line(`${name.padEnd(9)} ${printable(value)}`);
  line("backup", file);
  line("made", facts.madeAt ?? "not as a backup: a data file");
  line(
    "holds",
    `${directories === 1 ? "1 directory" : `${directories} directories`}, ${amount(users, "user")}, ${amount(events, "event")}`,
  );
  line("last", facts.lastEventId ?? "no event");
  line("key", `${facts.keyFingerprint}${isKeyRight === true ? ", the one given" : ""}`);
  if (restored === undefined) return;
  line("data", restored.to);
  if (restored.keptAs !== null) line("before", `kept as ${restored.keptAs}`);
  output.line("Start the server; it says which events are lost to those who have read them.");
}

function nowText(): string {
  return new Date(systemRuntime.now()).toISOString();
}
