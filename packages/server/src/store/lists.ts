import { sql } from "kysely";
import type { Kysely } from "kysely";
import { byDirections, pageOf, readBodyPage } from "./body-pages.ts";
import type { Bounds, PageQueries } from "./body-pages.ts";
import { prepared, preparedByNames } from "./connection.ts";
import type { Connection, Prepared } from "./connection.ts";
import type { GroupFilter, Lists, UserFilter, Window } from "./model.ts";
import type { ListedKind, Tables } from "./tables.ts";
import { within } from "./windows.ts";

/** Reads for holders of the API key. */
export function listsOn(connection: Connection): Lists {
  const { db } = connection;
  return {
    user: async (id) => connection.first(userById, { id }),
    group: async (id) => connection.first(groupById, { id }),
    userBody: async (id) => connection.first(userBodyById, { id })?.body,
    users: async (filter, { above, below, limit, ...directions }) =>
      readBodyPage(connection, userPages, { given: { ...filter, above, below, limit }, directions }),
    groups: async (filter, { above, below, limit, ...directions }) =>
      readBodyPage(connection, groupPages, { given: { ...filter, above, below, limit }, directions }),
    heldUsers: (directorySeq, window) => heldUserList(db, directorySeq, window).execute(),
    placeOf: async (kind, id) => {
      const row = connection.first(places[kind], { id });
      return row?.seq ?? connection.first(placeOfGone, { id, kind })?.seq ?? null;
    },
  };
}

const userById = prepared((db, { id }: { id: string }) =>
  db.selectFrom("directory_user").select(["seq", "id", "body"]).where("id", "=", id).where("is_announced", "=", 1),
);

const groupById = prepared((db, { id }: { id: string }) =>
  db.selectFrom("directory_group").select(["seq", "id", "body"]).where("id", "=", id),
);

/**
 * A user with its groups, each in creation order. As bytes, because cutting text counts its characters first. What a user without
 * groups gets is a constant: where most have none, what is put together for each is most of what the page costs.
 */
const userText = sql<string>`substr(cast(page.body as blob), 1, octet_length(page.body) - 1) || coalesce(',"groups":[' || (
  select group_concat(body) from (
    select directory_group.body from membership
    inner join directory_group on directory_group.seq = membership.group_seq
    where membership.user_seq = page.seq order by membership.group_seq
  )) || ']}', ',"groups":[]}')`;

const userBodyById = prepared((db, { id }: { id: string }) =>
  db
    .selectFrom(
      db
        .selectFrom("directory_user")
        .select(["seq", "body"])
        .where("id", "=", id)
        .where("is_announced", "=", 1)
        .as("page"),
    )
    .select(userText.as("body")),
);

const userPages: PageQueries<UserFilter & Bounds> = {
  page: byDirections((directions) =>
    preparedByNames((db, given: UserFilter & Bounds) =>
      pageOf(db, userList(db, given, { ...given, ...directions }), { ...directions, text: userText }),
    ),
  ),
  rows: eachWay((direction) =>
    preparedByNames((db, given: UserFilter & Bounds) => userList(db, given, { ...given, direction })),
  ),
  idOf: prepared((db, { seq }: { seq: number }) => db.selectFrom("directory_user").select("id").where("seq", "=", seq)),
};

const groupPages: PageQueries<GroupFilter & Bounds> = {
  page: byDirections((directions) =>
    preparedByNames((db, given: GroupFilter & Bounds) =>
      pageOf(db, groupList(db, given, { ...given, ...directions }), directions),
    ),
  ),
  rows: eachWay((direction) =>
    preparedByNames((db, given: GroupFilter & Bounds) => groupList(db, given, { ...given, direction })),
  ),
  idOf: prepared((db, { seq }: { seq: number }) =>
    db.selectFrom("directory_group").select("id").where("seq", "=", seq),
  ),
};

type PlaceQuery = Prepared<{ readonly id: string }, { readonly seq: number }>;

const places: Readonly<Record<ListedKind, PlaceQuery>> = {
  organization: placeIn("organization"),
  directory: placeIn("directory"),
  directory_user: placeIn("directory_user"),
  directory_group: placeIn("directory_group"),
  webhook_endpoint: placeIn("webhook_endpoint"),
};

function placeIn(kind: ListedKind): PlaceQuery {
  return prepared((db, { id }: { readonly id: string }) => db.selectFrom(kind).select("seq").where("id", "=", id));
}

const placeOfGone = prepared((db, { id, kind }: { id: string; kind: ListedKind }) =>
  db.selectFrom("tombstone").select("seq").where("id", "=", id).where("kind", "=", kind),
);

function eachWay<Query>(make: (direction: "asc" | "desc") => Query): (direction: "asc" | "desc") => Query {
  const made = { asc: make("asc"), desc: make("desc") };
  return (direction) => made[direction];
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
    .select(["directory_user.seq", "directory_user.body"])
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
    .select(["directory_group.seq", "directory_group.body"])
    .$if(directorySeq !== undefined, (query) => query.where("directory_group.directory_seq", "=", directorySeq ?? 0))
    .limit(window.limit);
}
