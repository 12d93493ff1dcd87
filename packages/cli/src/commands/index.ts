import type { Register } from "./command.ts";
import { registerApprove } from "./approve.ts";
import { registerAudit } from "./audit.ts";
import { registerBackfill } from "./backfill.ts";
import { registerCompletion } from "./completion.ts";
import { registerConfig } from "./config.ts";
import { registerDeadLetters } from "./dead-letters.ts";
import { registerDemo } from "./demo.ts";
import { registerDiff } from "./diff.ts";
import { registerDirectories } from "./directories.ts";
import { registerDoctor } from "./doctor.ts";
import { registerEvents } from "./events.ts";
import { registerExport } from "./export.ts";
import { registerGroups } from "./groups.ts";
import { registerIdp } from "./idp.ts";
import { registerImport } from "./import.ts";
import { registerPurge } from "./purge.ts";
import { registerReconcile } from "./reconcile.ts";
import { registerReplay } from "./replay.ts";
import { registerScim } from "./scim.ts";
import { registerServe } from "./serve.ts";
import { registerServer } from "./server.ts";
import { registerStatus } from "./status.ts";
import { registerState } from "./state.ts";
import { registerTail } from "./tail.ts";
import { registerTorture } from "./torture.ts";
import { registerTypes } from "./types.ts";
import { registerUsers } from "./users.ts";
import { registerWebhooks } from "./webhooks.ts";
import { registerWhy } from "./why.ts";

/** Every command by its name, in the order `--help` shows them. */
const registers: Readonly<Record<string, Register>> = {
  demo: registerDemo,
  serve: registerServe,
  server: registerServer,
  scim: registerScim,
  audit: registerAudit,
  tail: registerTail,
  backfill: registerBackfill,
  reconcile: registerReconcile,
  approve: registerApprove,
  status: registerStatus,
  state: registerState,
  why: registerWhy,
  "dead-letters": registerDeadLetters,
  replay: registerReplay,
  purge: registerPurge,
  doctor: registerDoctor,
  torture: registerTorture,
  idp: registerIdp,
  import: registerImport,
  config: registerConfig,
  directories: registerDirectories,
  users: registerUsers,
  groups: registerGroups,
  events: registerEvents,
  export: registerExport,
  diff: registerDiff,
  types: registerTypes,
  webhooks: registerWebhooks,
  completion: registerCompletion,
};

/**
 * The commands that a command line needs: the one it begins with, or all of them, to be listed, suggested or completed. To make
 * them all takes some 10 ms, a third of what an empty program takes to start.
 */
export function commandsFor([name = ""]: readonly string[]): readonly Register[] {
  const one = Object.hasOwn(registers, name) && name !== "completion" ? registers[name] : undefined;
  return one === undefined ? Object.values(registers) : [one];
}
