/** Who changed what by the API, in the transaction of the change. Rows are added, and by nothing in here changed or removed. */
export const auditSchema = `
create table audit_entry (
  seq integer primary key autoincrement,
  id text not null unique,
  at text not null,
  actor_type text not null,
  actor_id text,
  action text not null,
  target_id text,
  request_id text,
  user_agent text
) strict;
create index audit_entry_by_target on audit_entry (target_id, seq);
create index audit_entry_by_action on audit_entry (action, seq);

create trigger audit_entry_stays_as_it_is before update on audit_entry
begin
  select raise(abort, 'the audit log is only added to');
end;
create trigger audit_entry_stays before delete on audit_entry
begin
  select raise(abort, 'the audit log is only added to');
end;
`;
