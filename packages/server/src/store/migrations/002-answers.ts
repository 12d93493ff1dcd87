/** Answers to requests with an Idempotency-Key, kept for a day. `made_ms` is what they expire by. */
export const answersSchema = `
create table answer (
  key_digest text primary key not null,
  request_digest text not null,
  sealed text not null,
  made_ms integer not null
) strict, without rowid;
create index answer_by_time on answer (made_ms);
`;
