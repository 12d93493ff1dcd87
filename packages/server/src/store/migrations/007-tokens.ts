/**
 * Tokens become rows of their own, so that a directory can have several. The one a directory has had keeps working; how it
 * ends was not kept. `directory.token_hash` stays because SQLite cannot drop a unique column; it holds nothing of use.
 */
export const tokensSchema = `
create table directory_token (
  seq integer primary key autoincrement,
  id text not null unique,
  directory_seq integer not null references directory (seq) on delete cascade,
  name text not null,
  scope text not null,
  hash text not null unique,
  suffix text not null,
  created_at text not null,
  expires_at_ms integer,
  last_used_ms integer
) strict;
create index directory_token_by_directory on directory_token (directory_seq, seq);
create index directory_token_by_expiry on directory_token (expires_at_ms) where expires_at_ms is not null;

insert into directory_token (id, directory_seq, name, scope, hash, suffix, created_at)
  select 'directory_token_' || substr(id, 11), seq, 'First token', 'provisioning', token_hash, '', created_at
  from directory order by seq;
update directory set token_hash = id;
`;
