/** SCIM requests with their answers, as identity providers sent them, without what is secret. Kept for a while. */
export const scimRequestsSchema = `
create table scim_request (
  seq integer primary key autoincrement,
  id text not null unique,
  directory_seq integer not null,
  directory_id text not null,
  at_ms integer not null,
  method text not null,
  path text not null,
  status integer not null,
  duration_ms integer not null,
  user_agent text,
  request_body text,
  response_body text,
  is_whole integer not null
) strict;
create index scim_request_by_directory on scim_request (directory_seq, seq);
create index scim_request_by_time on scim_request (at_ms);
`;
