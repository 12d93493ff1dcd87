/** Variables that look like settings and are none: a flag or a key of the file that is misspelt is refused, a variable cannot be. */
import type { Environment } from "../context.ts";
import { nearest } from "./nearest.ts";
import { variableOf } from "./setting.ts";
import { sinkSecretSettings, sinkSettings, targets } from "./sink-table.ts";
import { plainSettings, plainSecretSettings } from "./table.ts";

/** What Docker and Kubernetes set for a service that is called dirsync is none of ours, and a hook's are none of the tail's that it starts. */
const foreign = /^DIRSYNC_(?:SERVICE_|PORT|EVENT_|BATCH_|SCAN_)/;

/** What other commands read, and what a tail itself sets for hooks. */
const others = [
  ...([
    "DIRSYNC_CONFIG",
    "DIRSYNC_DATA",
    "DIRSYNC_PUBLIC_URL",
    "DIRSYNC_TORTURE",
    "DIRSYNC_JOURNAL",
    "DIRSYNC_PROCESS",
  ] as const),
  ...["ENCRYPTION_KEY", "SCIM_TOKEN", "DATABASE_URL"].flatMap((name) => [`DIRSYNC_${name}`, `DIRSYNC_${name}_FILE`]),
];

/** A variable that nothing reads, and the one that was probably meant. */
export interface UnknownVariable {
  readonly name: string;
  readonly meant: string | null;
}

/** Those that begin like ours. They may be for a later version, so that they are no reason to refuse anything. */
export function unknownVariables(environment: Environment): readonly UnknownVariable[] {
  const known = knownVariables();
  const unknown = Object.keys(environment).filter(
    (name) => name.startsWith("DIRSYNC_") && !known.includes(name) && !foreign.test(name),
  );
  return unknown.map((name) => ({ name, meant: nearest(name, known) }));
}

function knownVariables(): readonly string[] {
  const settings = [plainSettings, sinkSettings, targets].flatMap((table) => Object.keys(table)).map(variableOf);
  const secrets = Object.values({ ...plainSecretSettings, ...sinkSecretSettings }).flatMap(({ variables }) =>
    variables.flatMap((name) => [name, `${name}_FILE`]),
  );
  return [...settings, ...secrets, ...others];
}
