import type { DirectoryWork, WriteContext } from "../directory/directory.ts";
import { createUser, deleteUser, existingUser, updateUser } from "../directory/users.ts";
import type { Profile } from "../profiles/profile.ts";
import type { UserRow } from "../store/tables.ts";
import { assertPreconditions } from "./etag.ts";
import type { Preconditions } from "./etag.ts";
import { patchUser } from "./patch/user.ts";
import { parsePatch } from "./patch/patch.ts";
import { assertRequired, mergePut, parseReplacement, parseUser, withActive } from "./resource.ts";
import type { ScimSettings } from "./settings.ts";

/** A change that has been read and is ready to be made, in a transaction that it may share with others. */
export type Work<T> = DirectoryWork<T>;

/** How the bodies of a directory are read. */
export interface Dialect {
  readonly profile: Profile;
  readonly settings: ScimSettings;
}

/** What changes a resource that exists. */
export interface ChangeRequest {
  readonly id: string;
  readonly preconditions: Preconditions;
}

/** @throws scim_error 400 for a wrong body; the work, 409 uniqueness */
export function userCreation(body: unknown, dialect: Dialect): Work<UserRow> {
  const resource = withActive(parseUser(body, dialect.profile, dialect.settings));
  return (write) => createUser(write, resource);
}

/** The work throws scim_error 400 for a wrong body, 404, 409 or 412. */
export function userReplacement(request: ChangeRequest, body: unknown, dialect: Dialect): Work<UserRow> {
  const read = readOnce(() => parseReplacement(body, dialect.profile, dialect.settings));
  return async (write) => {
    const { current, given } = await currentUser(write, request, read);
    return await updateUser(write, current, (resource) => {
      const replacement = mergePut(resource, given, dialect.settings);
      assertRequired(dialect.settings.types.User, replacement, resource);
      return withActive(replacement);
    });
  };
}

/** The work throws scim_error 400 or 413 for a wrong body, 404, 409 or 412. */
export function userPatch(request: ChangeRequest, body: unknown, dialect: Dialect): Work<UserRow> {
  const read = readOnce(() => parsePatch(dialect.settings.types.User, body, dialect.profile));
  return async (write) => {
    const { current, given } = await currentUser(write, request, read);
    return await updateUser(write, current, (resource) => patchUser(dialect.settings, resource, given));
  };
}

/** The work throws scim_error 404 or 412. */
export function userDeletion(request: ChangeRequest): Work<void> {
  return async (write) => {
    const { current } = await currentUser(write, request, () => null);
    await deleteUser(write, current);
  };
}

/**
 * Reads a body outside the transaction, and tells what is wrong with it inside: to a client that changes what is not there, 404
 * says to make it anew, which a word about the body would keep from it.
 */
export function readOnce<T>(read: () => T): () => T {
  try {
    const value = read();
    return () => value;
  } catch (error) {
    return () => {
      throw error;
    };
  }
}

async function currentUser<T>(write: WriteContext, { id, preconditions }: ChangeRequest, read: () => T) {
  const current = await existingUser(write, id);
  const given = read();
  assertPreconditions(preconditions, current);
  return { current, given };
}
