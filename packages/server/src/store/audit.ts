import type { Kysely, SelectQueryBuilder } from "kysely";
import type { AuditEntryRow, NewAuditEntry, Tables } from "./tables.ts";
import { within, type Window } from "./windows.ts";

/** Which entries are meant. All given conditions hold. */
export interface AuditFilter {
  readonly targetId?: string;
  readonly action?: string;
}

/** The audit log. Nothing takes an entry away. */
export interface Audit {
  append(row: NewAuditEntry): Promise<void>;
  seqOf(id: string): Promise<number | null>;
  page(filter: AuditFilter, window: Window): Promise<AuditEntryRow[]>;
}

/** The audit log on any database Kysely speaks to. */
export function auditOn(db: Kysely<Tables>): Audit {
  return {
    append: async (row) => {
      await db.insertInto("audit_entry").values(row).execute();
    },
    seqOf: async (id) => {
      const row = await db.selectFrom("audit_entry").select("seq").where("id", "=", id).executeTakeFirst();
      return row?.seq ?? null;
    },
    page: (filter, window) => auditPage(db, filter, window).execute(),
  };
}

/** A page of the audit log. */
export function auditPage(
  db: Kysely<Tables>,
  { targetId, action }: AuditFilter,
  window: Window,
): SelectQueryBuilder<Tables, "audit_entry", AuditEntryRow> {
  return db
    .selectFrom("audit_entry")
    .selectAll()
    .where(within("audit_entry.seq", window))
    .$if(targetId !== undefined, (query) => query.where("target_id", "=", targetId ?? ""))
    .$if(action !== undefined, (query) => query.where("action", "=", action ?? ""))
    .orderBy("seq", window.direction)
    .limit(window.limit);
}
