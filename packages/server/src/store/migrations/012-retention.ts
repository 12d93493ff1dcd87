/** Of a delivery whose event is no longer in the log: which one it was. */
export const retentionSchema = `
alter table webhook_delivery add column event_id text;
alter table webhook_delivery add column event_name text;
create index webhook_delivery_dropped on webhook_delivery (endpoint_seq, event_id) where event_id is not null;
`;
