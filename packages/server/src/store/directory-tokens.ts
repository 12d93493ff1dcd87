import type { Kysely } from "kysely";
import { prepared } from "./connection.ts";
import type { Connection } from "./connection.ts";
import type { Tables } from "./tables.ts";
import type { DirectoryTokens, TokenOfDirectory } from "./token-model.ts";

/** Tokens of directories on any database Kysely speaks to. */
export function directoryTokensOn(connection: Connection): DirectoryTokens {
  const { db } = connection;
  const all = () => db.selectFrom("directory_token").selectAll();
  const change = (seq: number) => db.updateTable("directory_token").where("seq", "=", seq);
  return {
    insert: (row) => db.insertInto("directory_token").values(row).returningAll().executeTakeFirstOrThrow(),
    findByHash: async (hash) => findByHash(connection, hash),
    ofDirectory: (directorySeq) => all().where("directory_seq", "=", directorySeq).orderBy("seq").execute(),
    expired: (untilMs, limit) => expiredTokens(db, untilMs, limit).execute(),
    nextExpiryMs: async () => {
      const next = expiredTokens(db, Number.MAX_SAFE_INTEGER, 1);
      return (await next.executeTakeFirst())?.expires_at_ms ?? null;
    },
    expireAt: async (seq, timeMs) => {
      await change(seq).set({ expires_at_ms: timeMs }).execute();
    },
    setLastUsed: async (seq, timeMs) => {
      await change(seq).set({ last_used_ms: timeMs }).execute();
    },
    remove: async (seq) => {
      await db.deleteFrom("directory_token").where("seq", "=", seq).execute();
    },
  };
}

/** Tokens that end by themselves, the earliest first. */
export function expiredTokens(db: Kysely<Tables>, untilMs: number, limit: number) {
  return db
    .selectFrom("directory_token")
    .selectAll()
    .where("expires_at_ms", "is not", null)
    .where("expires_at_ms", "<=", untilMs)
    .orderBy("expires_at_ms")
    .limit(limit);
}

/** One query, because every SCIM request begins with it. */
const tokenByHash = prepared((db, { hash }: { hash: string }) =>
  db
    .selectFrom("directory_token")
    .innerJoin("directory", "directory.seq", "directory_token.directory_seq")
    .select([
      "directory.seq",
      "directory.id",
      "directory.external_key",
      "directory.type",
      "directory.scim_settings",
      "directory_token.seq as token_seq",
      "directory_token.hash",
      "directory_token.scope",
      "directory_token.expires_at_ms",
    ])
    .where("directory_token.hash", "=", hash),
);

function findByHash(connection: Connection, hash: string): TokenOfDirectory | undefined {
  const row = connection.kept(tokenByHash, { key: hash, given: { hash } });
  if (row === undefined) return undefined;
  const { seq, id, external_key, type, scim_settings, token_seq, hash: digest, scope, expires_at_ms } = row;
  return {
    token: { seq: token_seq, hash: digest, scope, expires_at_ms },
    directory: { seq, id, external_key, type, scim_settings },
  };
}
