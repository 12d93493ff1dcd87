/** What upstream listed as an event and is none. */
export const sourceDeadLetters = `
CREATE TABLE source_dead_letter (
  -- Of the body: what lacks a whole envelope may well lack its id.
  hash TEXT PRIMARY KEY,
  -- As far as it has one.
  event_id TEXT,
  -- The last event before it; null at the beginning of the log.
  after_id TEXT,
  found_at INTEGER NOT NULL,
  problem TEXT NOT NULL,
  body TEXT NOT NULL,
  -- A person has given it up. The row stays, because upstream may list it again.
  discarded_at INTEGER
) STRICT, WITHOUT ROWID;
`;
