/**
 * Brings a directory to what a file says: everybody in the file exists as written there, everybody else is deactivated.
 * All of it is one change of the directory with the events that SCIM requests to the same effect would have. A plan is the
 * same change, taken back, so that it cannot promise anything else than what an import does.
 *
 * A hundred thousand people take some seconds, in which nothing else is read or written. The process does everything else
 * meanwhile: there is a turn of the event loop for every few rows.
 */
import { DirsyncError } from "@dirsync/sdk";
import type { UserRow } from "../store/tables.ts";
import { nextTurn } from "../turns.ts";
import { changeDirectoryOnce } from "./directory.ts";
import type { Directories, WriteContext } from "./directory.ts";
import { takeGroups } from "./import-groups.ts";
import type { ImportedGroup } from "./import-groups.ts";
import { refuseSharedEmails, takePeople } from "./import-people.ts";
import type { ImportedPerson } from "./import-people.ts";
import { eventNameOf } from "./to-event.ts";
import type { Change } from "./to-event.ts";
import { updateUser } from "./users.ts";

/** What to do with the people. */
export interface ImportRequest {
  readonly people: readonly ImportedPerson[];
  /** Every group that people name, by id. Null: people name their groups. */
  readonly groups: readonly ImportedGroup[] | null;
  /** False: it is worked out what would happen, and nothing is kept. */
  readonly isApplied: boolean;
  /** What becomes of people who are not in the file. */
  readonly missing: "deactivate" | "keep";
  /** True lets an import deactivate more people than the brake allows. */
  readonly allowsRemovals: boolean;
}

/** What happens, or would. */
export interface ImportResult {
  readonly created: number;
  readonly updated: number;
  readonly unchanged: number;
  /** People who are switched off: by the file, or because they are not in it. */
  readonly removals: number;
  readonly activeBefore: number;
  /** True when the brake holds: it deactivates too many at once to be believed without being asked. */
  readonly isBraked: boolean;
  /** The events, in the order of the log. */
  readonly events: readonly ImportEvent[];
}

/** One event of an import. */
export interface ImportEvent {
  readonly event: string;
  readonly user: string | null;
  readonly group: string | null;
  readonly previous_attributes: Readonly<Record<string, unknown>> | null;
}

/** The import would deactivate too many people. Nothing was changed. */
export class ImportBraked extends DirsyncError {
  readonly removals: number;
  readonly active: number;

  constructor({ removals, activeBefore: active }: ImportResult) {
    super(
      `The import would deactivate ${String(removals)} of ${String(active)} people, which is more than the brake lets pass ` +
        "unasked. Look at the plan; if it is right, allow removals.",
      { code: "delete_brake", retryable: false },
    );
    this.name = "ImportBraked";
    this.removals = removals;
    this.active = active;
  }
}

/** @throws ImportRefused, ImportBraked; scim_error 401 when the directory does not exist */
export async function importPeople(
  directories: Directories,
  directorySeq: number,
  request: ImportRequest,
): Promise<ImportResult> {
  const plan = { result: null as ImportResult | null };
  try {
    return await changeDirectoryOnce(directories, directorySeq, async (write) => {
      const result = await runImport(write, request);
      if (!request.isApplied) {
        plan.result = result;
        throw new PlanTakenBack();
      }
      if (result.isBraked && !request.allowsRemovals) throw new ImportBraked(result);
      return result;
    });
  } catch (error) {
    if (error instanceof PlanTakenBack && plan.result !== null) return plan.result;
    throw error;
  }
}

/** Ends the transaction of a plan, which keeps nothing. */
class PlanTakenBack extends Error {}

// An import that outgrows both is more likely to be half a file than a bad day for a company (reliability.md section 3.3).
const removalsUnasked = 50;
const removedShareUnasked = 0.1;

// Rows looked at between two queries.
const rowsPerRead = 500;

async function runImport(write: WriteContext, request: ImportRequest): Promise<ImportResult> {
  const changes: Change[] = [];
  const context: WriteContext = {
    ...write,
    emit: (change) => {
      changes.push(change);
      write.emit(change);
    },
  };
  const before = await activeSeqs(context);
  const { users, counts, claims } = await takePeople(context, request.people);
  const isPresent = new Set(users.map(({ seq }) => seq));
  if (request.missing === "deactivate") await deactivateOthers(context, isPresent);
  // Not before: somebody may get the address of a person who leaves with this very file.
  await refuseSharedEmails(context, claims);
  await takeGroups(context, { ...request, users });
  const after = await activeSeqs(context);
  const removals = [...before].filter((seq) => !after.has(seq)).length;
  const isEverybody = removals === before.size && removals > 1;
  const isBraked = isEverybody || removals > Math.max(removalsUnasked, before.size * removedShareUnasked);
  return { ...counts, removals, activeBefore: before.size, isBraked, events: changes.map(eventOf) };
}

async function deactivateOthers(context: WriteContext, isPresent: ReadonlySet<number>): Promise<void> {
  for await (const user of everyUser(context)) {
    if (!isPresent.has(user.seq)) await updateUser(context, user, (known) => ({ ...known, active: false }));
  }
}

async function activeSeqs(context: WriteContext): Promise<ReadonlySet<number>> {
  const seqs = new Set<number>();
  for await (const user of everyUser(context)) {
    if (user.state === "active") seqs.add(user.seq);
  }
  return seqs;
}

async function* everyUser({ scope }: WriteContext): AsyncGenerator<UserRow> {
  for (let above = 0; ;) {
    const rows = await scope.users.after(above, rowsPerRead);
    yield* rows;
    const last = rows.at(-1);
    if (last === undefined) return;
    above = last.seq;
    await nextTurn();
  }
}

function eventOf(change: Change): ImportEvent {
  return {
    event: eventNameOf(change),
    user: "user" in change ? (change.user.email ?? change.user.idp_id ?? null) : null,
    group: "group" in change ? change.group.name : null,
    previous_attributes: "previous" in change ? change.previous : null,
  };
}
