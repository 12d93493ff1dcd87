import type { Generated, Insertable, Selectable } from "kysely";

/* Tables for whoever operates the server: nothing of what identity providers and apps see is in them. */

/** Which database this is. */
export type InstanceRow = Selectable<InstanceTable>;
/** A time at which the log was put back. */
export type NewLogRestore = Insertable<LogRestoreTable>;

/** A SCIM request with its answer, as stored. */
export type ScimRequestRow = Selectable<ScimRequestTable>;
/** One to store. */
export type NewScimRequest = Omit<ScimRequestRow, "seq">;

/** An entry of the audit log, as stored. */
export type AuditEntryRow = Selectable<AuditEntryTable>;
/** One to store. */
export type NewAuditEntry = Insertable<AuditEntryTable>;

/** One row. */
export interface InstanceTable {
  id: number;
  /** Made with the database, and the same in every copy of it. */
  instance_id: string;
  /** Grows each time a server opens the database. */
  generation: number;
  /** Of the key that encrypts secrets. */
  key_fingerprint: string;
  /** Set in a copy that was made as a backup and not served since. */
  backup_made_at: string | null;
  last_backup_at: string | null;
}

/** A time at which the log was put back to an earlier state. */
export interface LogRestoreTable {
  seq: Generated<number>;
  restored_at: string;
  /** The newest event that the log still had; null for an empty log. */
  last_event_id: string | null;
  /** Events between that one and this id were in the log and are lost. */
  lost_below_id: string;
}

/** SCIM requests with their answers. */
export interface ScimRequestTable {
  seq: Generated<number>;
  /** The X-Request-ID of the answer. */
  id: string;
  directory_seq: number;
  directory_id: string;
  /** When it came, epoch milliseconds. */
  at_ms: number;
  method: string;
  /** Below the directory's SCIM address, with the query. */
  path: string;
  status: number;
  duration_ms: number;
  user_agent: string | null;
  /** Without secrets; null where there was none, or none is kept. */
  request_body: string | null;
  response_body: string | null;
  /** 0 when the request is not all there, or not as it was sent. */
  is_whole: number;
  /** Its If-Match header; null where there was none. */
  if_match: string | null;
  if_none_match: string | null;
}

/** Who changed what by the API. */
export interface AuditEntryTable {
  seq: Generated<number>;
  id: string;
  at: string;
  /** `api_key`; `portal_session`; `server` for what it did by itself. */
  actor_type: string;
  /** Tells one actor of the type from another. */
  actor_id: string | null;
  /** Such as `directory.deleted`. */
  action: string;
  target_id: string | null;
  request_id: string | null;
  user_agent: string | null;
}
