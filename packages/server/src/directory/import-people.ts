/** The people of a file: who of the directory each of them is, and what becomes of that user. */
import { DirsyncError } from "@dirsync/sdk";
import { ScimError } from "../scim/error.ts";
import { isObject } from "../scim/json.ts";
import { applyPatch } from "../scim/patch.ts";
import type { PatchOperation } from "../scim/patch.ts";
import type { ScimResource } from "../scim/resource.ts";
import { settingsOf } from "../scim/settings.ts";
import type { UserRow } from "../store/tables.ts";
import { resourceOf } from "./columns.ts";
import type { WriteContext } from "./directory.ts";
import { numberOf, twinsAmong, userNameOf } from "./import-twins.ts";
import type { RefusedPerson } from "./import-twins.ts";
import { createUser, updateUser } from "./users.ts";

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

/** Makes or changes the user of each. @throws ImportRefused */
export async function takePeople(context: WriteContext, people: readonly ImportedPerson[]) {
  const twins = twinsAmong(people);
  if (twins.length > 0) throw new ImportRefused(twins);
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

/**
 * Who this is: by the number that the file gives people, else by the user name.
 * @throws scim_error 409 when the user of that name has another number: a new hire would get a leaver's account
 */
async function holderOf({ scope }: WriteContext, resource: ScimResource): Promise<UserRow | null> {
  const number = numberOf(resource);
  if (number !== null) {
    const [holder] = await scope.users.lookup("external_id", number);
    if (holder !== undefined) return holder;
  }
  const [holder] = await scope.users.lookup("user_name_folded", userNameOf(resource));
  if (holder === undefined) return null;
  const isAnother = number !== null && holder.external_id !== null && holder.external_id !== number;
  if (isAnother) throw anothersUserName(holder.id);
  return holder;
}

function anothersUserName(holder: string): ScimError {
  return new ScimError(
    `The userName is that of user ${holder}, whose externalId is another. ` +
      "If these are two people, give this one another userName, or free it: add a row that gives the other one, by " +
      "externalId, another userName. If it is one person with a new externalId, change it on that user by SCIM first.",
    { status: 409, scimType: "uniqueness" },
  );
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
