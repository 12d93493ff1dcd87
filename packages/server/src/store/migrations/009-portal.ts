/** Links to the setup portal with the sessions they begin, and since when a directory has been heard of: all there are, already. */
export const portalSchema = `
create table portal_session (
  seq integer primary key autoincrement,
  organization_seq integer not null references organization (seq) on delete cascade,
  link_digest text not null unique,
  link_ends_ms integer not null,
  return_url text,
  success_url text,
  session_digest text unique,
  session_ends_ms integer,
  provider text,
  directory_seq integer references directory (seq) on delete set null
) strict;
create index portal_session_by_link_end on portal_session (link_ends_ms);
create index portal_session_by_directory on portal_session (directory_seq) where directory_seq is not null;
create index portal_session_by_organization on portal_session (organization_seq);

alter table directory add column connected_at text;
update directory set connected_at = created_at;
`;
