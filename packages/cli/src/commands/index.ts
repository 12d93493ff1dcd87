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

/** Every command, in the order `--help` shows them. */
export const commands: readonly Register[] = [
  registerDemo,
  registerServe,
  registerServer,
  registerScim,
  registerAudit,
  registerTail,
  registerBackfill,
  registerReconcile,
  registerApprove,
  registerStatus,
  registerState,
  registerWhy,
  registerDeadLetters,
  registerReplay,
  registerPurge,
  registerDoctor,
  registerTorture,
  registerIdp,
  registerImport,
  registerConfig,
  registerDirectories,
  registerUsers,
  registerGroups,
  registerEvents,
  registerExport,
  registerDiff,
  registerTypes,
  registerWebhooks,
  registerCompletion,
];
