import type { Kysely } from "kysely";
import { chunksOf } from "./chunks.ts";
import type { GroupFilter, GroupOfUser, Lists, UserFilter, Window } from "./model.ts";
import type { Tables } from "./tables.ts";
import { within } from "./windows.ts";

/** Reads for holders of the API key. */
export function listsOn(db: Kysely<Tables>): Lists {
  return {
    user: (id) =>
      db
        .selectFrom("directory_user")
        .select(["seq", "id", "body"])
        .where("id", "=", id)
        .where("is_announced", "=", 1)
        .executeTakeFirst(),
    group: (id) =>
      db.selectFrom("directory_group").select(["seq", "id", "body"]).where("id", "=", id).executeTakeFirst(),
    users: (filter, window) => userList(db, filter, window).execute(),
    groups: (filter, window) => groupList(db, filter, window).execute(),
    heldUsers: (directorySeq, window) => heldUserList(db, directorySeq, window).execute(),
    groupsOfUsers: async (userSeqs) => {
      const rows: GroupOfUser[] = [];
      for (const chunk of chunksOf(userSeqs)) rows.push(...(await groupsOfUsers(db, chunk).execute()));
      return rows;
    },
    placeOf: async (kind, id) => {
      const row = await db.selectFrom(kind).select("seq").where("id", "=", id).executeTakeFirst();
      if (row !== undefined) return row.seq;
      const gone = await db
        .selectFrom("tombstone")
        .select("seq")
        .where("id", "=", id)
        .where("kind", "=", kind)
        .executeTakeFirst();
      return gone?.seq ?? null;
    },
  };
}

/** A page of users. With a group the walk goes along the group's members, else along an index of the filter. */
export function userList(db: Kysely<Tables>, filter: UserFilter, window: Window) {
  const { directorySeq, groupSeq, idpId, emailFolded } = filter;
  const users =
    groupSeq === undefined
      ? db
          .selectFrom("directory_user")
          .where(within("directory_user.seq", window))
          .orderBy("directory_user.seq", window.direction)
      : db
          .selectFrom("membership")
          .innerJoin("directory_user", "directory_user.seq", "membership.user_seq")
          .where("membership.group_seq", "=", groupSeq)
          .where(within("membership.user_seq", window))
          .orderBy("membership.user_seq", window.direction);
  return users
    .select(["directory_user.seq", "directory_user.id", "directory_user.body"])
    .where("directory_user.is_announced", "=", 1)
    .$if(directorySeq !== undefined, (query) => query.where("directory_user.directory_seq", "=", directorySeq ?? 0))
    .$if(idpId !== undefined, (query) => query.where("directory_user.idp_id", "=", idpId ?? ""))
    .$if(emailFolded !== undefined, (query) => query.where("directory_user.email_folded", "=", emailFolded ?? ""))
    .limit(window.limit);
}

/** A page of users who are stored and not announced. */
export function heldUserList(db: Kysely<Tables>, directorySeq: number, window: Window) {
  return db
    .selectFrom("directory_user")
    .select(["seq", "id", "resource", "state", "modified_at"])
    .where("directory_seq", "=", directorySeq)
    .where("is_announced", "=", 0)
    .where(within("seq", window))
    .orderBy("seq", window.direction)
    .limit(window.limit);
}

/** A page of groups. With a user the walk goes along the user's memberships. */
export function groupList(db: Kysely<Tables>, filter: GroupFilter, window: Window) {
  const { directorySeq, userSeq } = filter;
  const groups =
    userSeq === undefined
      ? db
          .selectFrom("directory_group")
          .where(within("directory_group.seq", window))
          .orderBy("directory_group.seq", window.direction)
      : db
          .selectFrom("membership")
          .innerJoin("directory_group", "directory_group.seq", "membership.group_seq")
          .where("membership.user_seq", "=", userSeq)
          .where(within("membership.group_seq", window))
          .orderBy("membership.group_seq", window.direction);
  return groups
    .select(["directory_group.seq", "directory_group.id", "directory_group.body"])
    .$if(directorySeq !== undefined, (query) => query.where("directory_group.directory_seq", "=", directorySeq ?? 0))
    .limit(window.limit);
}

/** The groups of a page of users, each in creation order. */
export function groupsOfUsers(db: Kysely<Tables>, userSeqs: readonly number[]) {
  return db
    .selectFrom("membership")
    .innerJoin("directory_group", "directory_group.seq", "membership.group_seq")
    .select(["membership.user_seq", "directory_group.body"])
    .where("membership.user_seq", "in", userSeqs)
    .orderBy("membership.user_seq")
    .orderBy("membership.group_seq");
}
