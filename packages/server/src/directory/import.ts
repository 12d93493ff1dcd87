/**
 * Brings a directory to what a file says: everybody in the file exists as written there, everybody else is deactivated.
 * All of it is one change of the directory with the events that SCIM requests to the same effect would have. A plan is the
 * same change, taken back, so that it cannot promise anything else than what an import does.
 */
import { DirsyncError } from "@dirsync/sdk";
import { ScimError } from "../scim/error.ts";
import { isObject } from "../scim/json.ts";
import { applyPatch } from "../scim/patch.ts";
import type { PatchOperation } from "../scim/patch.ts";
import type { ScimResource } from "../scim/resource.ts";
import { settingsOf } from "../scim/settings.ts";
import type { UserRow } from "../store/tables.ts";
import { fold, resourceOf } from "./columns.ts";
import { changeDirectoryOnce } from "./directory.ts";
import type { Directories, WriteContext } from "./directory.ts";
import { takeGroups } from "./import-groups.ts";
import type { ImportedGroup } from "./import-groups.ts";
import { toEvent } from "./to-event.ts";
import type { Change } from "./to-event.ts";
import { createUser, updateUser } from "./users.ts";

/** Somebody in the file. */
export interface ImportedPerson {
  readonly resource: ScimResource;
  /** Takes away what the file says there is none of. */
  readonly cleared: readonly PatchOperation[];
  /** Names of their groups, or ids where the groups have such; null where the file does not speak of groups. */
  readonly groups: readonly string[] | null;
}

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

/** A person of the file who cannot be taken; `index` is their place in it. */
export interface RefusedPerson {
  readonly index: number;
  readonly message: string;
}

/** Somebody in the file cannot be taken, and so nothing was. */
export class ImportRefused extends DirsyncError {
  readonly people: readonly RefusedPerson[];

  constructor(people: readonly RefusedPerson[]) {
    super(`${String(people.length)} of the people cannot be taken.`, { code: "import_refused", retryable: false });
    this.name = "ImportRefused";
    this.people = people;
  }
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
  const { users, counts } = await takePeople(context, request.people);
  const isPresent = new Set(users.map(({ seq }) => seq));
  if (request.missing === "deactivate") await deactivateOthers(context, isPresent);
  await takeGroups(context, { ...request, users });
  const after = await activeSeqs(context);
  const removals = [...before].filter((seq) => !after.has(seq)).length;
  const isEverybody = removals === before.size && removals > 1;
  const isBraked = isEverybody || removals > Math.max(removalsUnasked, before.size * removedShareUnasked);
  const events = changes.map((change) => eventOf(change, context));
  return { ...counts, removals, activeBefore: before.size, isBraked, events };
}

async function takePeople(context: WriteContext, people: readonly ImportedPerson[]) {
  const counts = { created: 0, updated: 0, unchanged: 0 };
  const refused: RefusedPerson[] = [];
  const users: UserRow[] = [];
  const type = settingsOf(context.directory).types.User;
  for (const [index, { resource, cleared }] of people.entries()) {
    try {
      const current = await holderOf(context, resource);
      const user =
        current === null
          ? await createUser(context, { active: true, ...resource })
          : await updateUser(
              context,
              current,
              applyPatch(type, mergeOf(resourceOf(current), { active: true, ...resource }), cleared),
            );
      users.push(user);
      counts[current === null ? "created" : user.version === current.version ? "unchanged" : "updated"] += 1;
    } catch (error) {
      if (!(error instanceof ScimError)) throw error;
      refused.push({ index, message: error.message });
    }
  }
  if (refused.length > 0) throw new ImportRefused(refused);
  return { users, counts };
}

/** Who this is: by the number that the file gives people, else by the user name. */
async function holderOf({ scope }: WriteContext, resource: ScimResource): Promise<UserRow | null> {
  const { externalId, userName } = resource;
  if (typeof externalId === "string") {
    const [holder] = await scope.users.lookup("external_id", externalId);
    if (holder !== undefined) return holder;
  }
  const [holder] = await scope.users.lookup("user_name_folded", fold(String(userName)));
  return holder ?? null;
}

/** What the file says over what is known; what it has no column for stays, also inside `name` and an extension. */
function mergeOf(current: ScimResource, imported: ScimResource): ScimResource {
  const merged: Record<string, unknown> = { ...current };
  for (const [name, value] of Object.entries(imported)) {
    const known = current[name];
    merged[name] = isObject(known) && isObject(value) ? { ...known, ...value } : value;
  }
  return merged;
}

async function deactivateOthers(context: WriteContext, isPresent: ReadonlySet<number>): Promise<void> {
  for await (const user of everyUser(context)) {
    const resource = resourceOf(user);
    if (!isPresent.has(user.seq) && resource["active"] !== false) {
      await updateUser(context, user, { ...resource, active: false });
    }
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
  }
}

function eventOf(change: Change, { directory }: WriteContext): ImportEvent {
  return {
    event: toEvent(change, directory).name,
    user: "user" in change ? (change.user.email ?? change.user.idp_id ?? null) : null,
    group: "group" in change ? change.group.name : null,
    previous_attributes: "previous" in change ? change.previous : null,
  };
}
