/**
 * The first schema. AUTOINCREMENT because a `seq` is a place in a list: were the last user's place given to the next
 * one, a reader that stands on the deleted user would miss the new one.
 */
export const initialSchema = `
create table organization (
  seq integer primary key autoincrement,
  id text not null unique,
  name text not null,
  external_id text unique,
  metadata text not null,
  domains text not null,
  created_at text not null,
  updated_at text not null
) strict;

create table directory (
  seq integer primary key autoincrement,
  id text not null unique,
  organization_seq integer not null references organization (seq),
  organization_id text not null,
  external_key text not null unique,
  type text not null,
  name text not null,
  name_folded text not null,
  soft_delete integer not null,
  token_hash text not null unique,
  users_active integer not null,
  users_inactive integer not null,
  users_hidden integer not null,
  groups integer not null,
  created_at text not null,
  updated_at text not null
) strict;
create index directory_by_organization on directory (organization_seq, seq);

create table directory_user (
  seq integer primary key autoincrement,
  id text not null unique,
  directory_seq integer not null references directory (seq),
  user_name_folded text not null,
  display_name_folded text,
  external_id text,
  idp_id text not null,
  email_folded text,
  state text not null,
  is_announced integer not null,
  resource text not null,
  body text not null,
  created_at text not null,
  updated_at text not null,
  modified_at text not null
) strict;
create unique index directory_user_by_user_name on directory_user (directory_seq, user_name_folded);
create index directory_user_by_display_name on directory_user (directory_seq, display_name_folded, seq);
create index directory_user_by_external_id on directory_user (directory_seq, external_id, seq);
create index directory_user_by_idp_id on directory_user (directory_seq, idp_id, is_announced, seq);
create index directory_user_by_email on directory_user (directory_seq, email_folded, is_announced, seq);
create index directory_user_by_directory on directory_user (directory_seq, seq);
create index directory_user_announced on directory_user (directory_seq, is_announced, seq);
create index directory_user_announced_anywhere on directory_user (is_announced, seq);

create table directory_user_email (
  directory_seq integer not null,
  value_folded text not null,
  user_seq integer not null,
  primary key (directory_seq, value_folded, user_seq)
) strict, without rowid;

create table directory_group (
  seq integer primary key autoincrement,
  id text not null unique,
  directory_seq integer not null references directory (seq),
  display_name_folded text not null,
  external_id text,
  idp_id text not null,
  member_count integer not null,
  resource text not null,
  body text not null,
  created_at text not null,
  updated_at text not null,
  modified_at text not null
) strict;
create unique index directory_group_identity on directory_group (directory_seq, external_id)
  where external_id is not null;
create unique index directory_group_identity_by_name on directory_group (directory_seq, display_name_folded)
  where external_id is null;
create index directory_group_by_external_id on directory_group (directory_seq, external_id, seq);
create index directory_group_by_display_name on directory_group (directory_seq, display_name_folded, seq);
create index directory_group_by_directory on directory_group (directory_seq, seq);

create table membership (
  group_seq integer not null,
  user_seq integer not null,
  primary key (group_seq, user_seq)
) strict, without rowid;
create index membership_by_user on membership (user_seq, group_seq);

create table tombstone (
  id text primary key not null,
  kind text not null,
  seq integer not null
) strict, without rowid;

create table event (
  seq integer primary key,
  id text not null unique,
  name text not null,
  organization_seq integer not null,
  body text not null
) strict;
create index event_by_name on event (name, seq);
create index event_by_organization on event (organization_seq, name, seq);

create table log_head (
  id integer primary key check (id = 1),
  seq integer not null
) strict;
insert into log_head (id, seq) values (1, 0);
`;
