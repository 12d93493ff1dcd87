import type { Command } from "commander";
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
import { registerOrganizations } from "./organizations.ts";
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

/** Every command by its name, below what it is for, in the order `--help` shows them. */
const groups: Readonly<Record<string, Readonly<Record<string, Register>>>> = {
  "Follow a directory:": {
    tail: registerTail,
    status: registerStatus,
    doctor: registerDoctor,
    config: registerConfig,
  },
  "Bring in, repeat, repair:": {
    backfill: registerBackfill,
    reconcile: registerReconcile,
    approve: registerApprove,
    "dead-letters": registerDeadLetters,
    replay: registerReplay,
    purge: registerPurge,
  },
  "See who is there, and why:": {
    state: registerState,
    why: registerWhy,
    export: registerExport,
    diff: registerDiff,
    types: registerTypes,
  },
  "Ask the service:": {
    organizations: registerOrganizations,
    directories: registerDirectories,
    users: registerUsers,
    groups: registerGroups,
    events: registerEvents,
    webhooks: registerWebhooks,
  },
  "Run the service:": {
    serve: registerServe,
    server: registerServer,
    scim: registerScim,
    audit: registerAudit,
    import: registerImport,
  },
  "Try things out:": {
    demo: registerDemo,
    torture: registerTorture,
    idp: registerIdp,
  },
  "More:": {
    completion: registerCompletion,
  },
};

const registers: ReadonlyMap<string, Register> = new Map(Object.values(groups).flatMap(Object.entries));

/**
 * The commands that a command line needs: the one it begins with, or all of them, to be listed, suggested or completed. To make
 * them all takes some 10 ms, a third of what an empty program takes to start.
 */
export function commandsFor([name = ""]: readonly string[]): readonly Register[] {
  const one = name === "completion" ? undefined : registers.get(name);
  return one === undefined ? [...Object.entries(groups).flatMap(everyOne), helpToo] : [one];
}

function everyOne([heading, commands]: readonly [string, Readonly<Record<string, Register>>]): readonly Register[] {
  return [(program) => void program.commandsGroup(heading), ...Object.values(commands)];
}

/** Below the last heading; Commander would make one of its own. */
function helpToo(program: Command): void {
  program.helpCommand(true);
}
