/**
 * Which database this is, and when its log was put back to an earlier state (reliability I34). `backup_made_at` is set in
 * copies that were made as backups, so that whoever opens one knows what it is; `key_fingerprint` tells which key opens
 * the secrets, and does not give it away.
 */
export const lineageSchema = `
create table instance (
  id integer primary key check (id = 1),
  instance_id text not null,
  generation integer not null,
  key_fingerprint text not null,
  backup_made_at text,
  last_backup_at text
) strict;

create table log_restore (
  seq integer primary key autoincrement,
  restored_at text not null,
  last_event_id text,
  lost_below_id text not null
) strict;
`;
