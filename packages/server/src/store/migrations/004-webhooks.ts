/**
 * Webhook endpoints, each a cursor on the log (`low_seq`), and what was begun above it. An event that no row speaks of
 * and that is above the cursor has still to be delivered, so there is no event without its deliveries (reliability I30).
 */
export const webhooksSchema = `
create table webhook_endpoint (
  seq integer primary key autoincrement,
  id text not null unique,
  url text not null,
  url_key text not null unique,
  events text not null,
  status text not null,
  disabled_reason text,
  secret text not null,
  previous_secret text,
  previous_secret_until_ms integer,
  low_seq integer not null,
  epoch integer not null,
  failing_since_ms integer,
  created_at text not null,
  updated_at text not null
) strict;

create table webhook_delivery (
  endpoint_seq integer not null references webhook_endpoint (seq) on delete cascade,
  event_seq integer not null,
  state text not null,
  attempts integer not null,
  next_at_ms integer not null,
  is_redelivery integer not null,
  first_at_ms integer,
  last_at_ms integer,
  failure text,
  primary key (endpoint_seq, event_seq)
) strict, without rowid;
create index webhook_delivery_by_state on webhook_delivery (endpoint_seq, state, event_seq);
create index webhook_delivery_by_time on webhook_delivery (endpoint_seq, last_at_ms);
`;
