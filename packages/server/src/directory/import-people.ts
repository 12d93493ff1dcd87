/** The people of a file: who of the directory each of them is, and what becomes of that user. */
import { DirsyncError } from "@dirsync/sdk";
import { ScimError } from "../scim/error.ts";
import { isObject } from "../scim/json.ts";
import { patchUser } from "../scim/patch/user.ts";
import type { PatchOperation } from "../scim/patch/patch.ts";
import type { ScimResource } from "../scim/resource.ts";
import { settingsOf } from "../scim/settings.ts";
import type { UserRow } from "../store/tables.ts";
import { nextTurn } from "../turns.ts";
import type { WriteContext } from "./directory.ts";
import { orderOf } from "./import-order.ts";
import { numberOf, twinsAmong, userNameOf } from "./import-twins.ts";
import type { RefusedPerson } from "./import-twins.ts";
import { createUser, refuseSharedEmail, updateUser } from "./users.ts";

/** Somebody in the file. */
export interface ImportedPerson {
  readonly resource: ScimResource;
  /** Takes away what the file says there is none of. */
  readonly cleared: readonly PatchOperation[];
  /** Names of their groups, or ids where the groups have such; null where the file does not speak of groups. */
  readonly groups: readonly string[] | null;
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

// Some milliseconds of work.
const peoplePerTurn = 100;

/** A person of the file and the user that they became, or are. */
interface Taken {
  readonly index: number;
  readonly user: Pick<UserRow, "seq" | "id" | "email_folded" | "state">;
}

/** What became of the people of the file. */
export interface TakenPeople {
  /** In the order of the file. */
  readonly users: readonly Pick<UserRow, "seq" | "id">[];
  readonly counts: { readonly created: number; readonly updated: number; readonly unchanged: number };
  /** Those who may not share their address, and have another one than before, or an account again. */
  readonly claims: readonly Taken[];
}

/**
 * Makes or changes the user of each, as though all at once: names may be swapped or handed on, in rows of any order.
 * Whether somebody shares an address is not judged: see `refuseSharedEmails`.
 * @throws ImportRefused
 */
export async function takePeople(given: WriteContext, people: readonly ImportedPerson[]): Promise<TakenPeople> {
  const twins = twinsAmong(people);
  if (twins.length > 0) throw new ImportRefused(twins);
  const context: WriteContext = { ...given, judgesEmailsLater: true };
  const holders = await holdersOf(context, people);
  const { order, circles } = orderOf(
    people.map(({ resource }, index) => ({ from: holders[index]?.user_name_folded ?? null, to: userNameOf(resource) })),
  );
  for (const index of circles) holders[index] = await withoutUserName(context, holders[index]);
  const counts = { created: 0, updated: 0, unchanged: 0 };
  const users: Taken["user"][] = [];
  const claims: Taken[] = [];
  const refused: RefusedPerson[] = [];
  for (const [place, index] of order.entries()) {
    if (place % peoplePerTurn === 0) await nextTurn();
    const person = people[index];
    if (person === undefined) continue;
    const current = holders[index] ?? null;
    // Of a hundred thousand people each is held once, as they were or as they are.
    holders[index] = null;
    try {
      const { seq, id, email_folded, state, version } = await takePerson(context, person, current);
      const user = { seq, id, email_folded, state };
      users[index] = user;
      if (current?.email_folded !== email_folded || current.state !== state) claims.push({ index, user });
      counts[current === null ? "created" : version === current.version ? "unchanged" : "updated"] += 1;
    } catch (error) {
      if (!(error instanceof ScimError)) throw error;
      refused.push({ index, message: error.message });
    }
  }
  if (refused.length > 0) throw new ImportRefused(refused.sort(byPlace));
  return { users, counts, claims };
}

/**
 * Asks, when everybody is as the file has them, whether two who are active share an address where they may not.
 * @throws ImportRefused
 */
export async function refuseSharedEmails(context: WriteContext, claims: readonly Taken[]): Promise<void> {
  if (settingsOf(context.directory).policy.shared_emails === "allow") return;
  const refused: RefusedPerson[] = [];
  for (const { index, user } of claims) {
    try {
      await refuseSharedEmail(context, user, user.id);
    } catch (error) {
      if (!(error instanceof ScimError)) throw error;
      refused.push({ index, message: error.message });
    }
  }
  if (refused.length > 0) throw new ImportRefused(refused.sort(byPlace));
}

async function takePerson(
  context: WriteContext,
  { resource, cleared }: ImportedPerson,
  current: UserRow | null,
): Promise<UserRow> {
  const imported = { active: true, ...resource };
  if (current === null) return await createUser(context, imported);
  const settings = settingsOf(context.directory);
  return await updateUser(context, current, (known) => patchUser(settings, mergeOf(known, imported), cleared));
}

/**
 * Who each is: by the number that the file gives people, else by the user name. A name that the file takes from its user
 * is nobody's. Null for who is new.
 * @throws ImportRefused when the user of that name has another number: a new hire would get a leaver's account
 */
async function holdersOf({ scope }: WriteContext, people: readonly ImportedPerson[]): Promise<(UserRow | null)[]> {
  const holders: (UserRow | null)[] = [];
  const isNumbered = new Set<number>();
  for (const [index, { resource }] of people.entries()) {
    if (index % peoplePerTurn === 0) await nextTurn();
    const number = numberOf(resource);
    const [holder] = number === null ? [] : await scope.users.lookup("external_id", number);
    if (holder !== undefined) isNumbered.add(holder.seq);
    holders.push(holder ?? null);
  }
  const refused: RefusedPerson[] = [];
  for (const [index, { resource }] of people.entries()) {
    if (holders[index] !== null) continue;
    const [holder] = await scope.users.lookup("user_name_folded", userNameOf(resource));
    if (holder === undefined || isNumbered.has(holder.seq)) continue;
    const isAnother = numberOf(resource) !== null && holder.external_id !== null;
    if (isAnother) refused.push({ index, message: anothersUserName(holder.id) });
    else holders[index] = holder;
  }
  if (refused.length > 0) throw new ImportRefused(refused);
  return holders;
}

function anothersUserName(holder: string): string {
  return (
    `The userName is that of user ${holder}, whose externalId is another. ` +
    "If these are two people, give this one another userName, or free it: add a row that gives the other one, by " +
    "externalId, another userName. If it is one person with a new externalId, change it on that user by SCIM first."
  );
}

/** Frees the name of somebody who gets another one in the same transaction, so that nobody ever sees them without. */
async function withoutUserName({ scope }: WriteContext, holder: UserRow | null | undefined): Promise<UserRow | null> {
  if (holder === null || holder === undefined) return null;
  const free = { user_name_folded: `\u0000${holder.id}` };
  await scope.users.update(holder.seq, free);
  return { ...holder, ...free };
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

function byPlace(one: RefusedPerson, other: RefusedPerson): number {
  return one.index - other.index;
}
