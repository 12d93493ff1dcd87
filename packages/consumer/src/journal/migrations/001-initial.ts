/** The first schema of the state file. */
export const initial = `
CREATE TABLE stream (
  only_row INTEGER PRIMARY KEY CHECK (only_row = 1),
  instance_id TEXT NOT NULL,
  source TEXT,
  start TEXT,
  cursor TEXT,
  head_seq INTEGER NOT NULL DEFAULT 0,
  -- Up to here events may have been forgotten.
  pruned_seq INTEGER NOT NULL DEFAULT 0,
  epoch INTEGER NOT NULL DEFAULT 0,
  holder TEXT,
  caught_up_at INTEGER,
  checksum TEXT NOT NULL
) STRICT;

CREATE TABLE event (
  seq INTEGER PRIMARY KEY,
  id TEXT NOT NULL UNIQUE,
  type TEXT NOT NULL,
  entity TEXT NOT NULL,
  created_at TEXT NOT NULL,
  received_at INTEGER NOT NULL,
  body TEXT NOT NULL
) STRICT;
CREATE INDEX event_by_entity ON event (entity, seq);

CREATE TABLE sink (
  name TEXT PRIMARY KEY,
  low_seq INTEGER NOT NULL,
  delivered INTEGER NOT NULL DEFAULT 0
) STRICT, WITHOUT ROWID;

-- One row for each event a sink has begun and not finished, and one for each dead letter.
CREATE TABLE work (
  sink TEXT NOT NULL REFERENCES sink (name),
  seq INTEGER NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('inflight', 'wait', 'done', 'dead')),
  attempts INTEGER NOT NULL DEFAULT 0,
  -- 1: a person asked for another try of a dead letter; 2: even though it was overtaken.
  redriven INTEGER NOT NULL DEFAULT 0 CHECK (redriven IN (0, 1, 2)),
  next_at INTEGER NOT NULL DEFAULT 0,
  first_at INTEGER,
  last_at INTEGER,
  failure TEXT,
  -- Of a dead letter: the event that has overtaken it, once that event itself is forgotten.
  superseded_by TEXT,
  PRIMARY KEY (sink, seq)
) STRICT, WITHOUT ROWID;
CREATE INDEX work_by_state ON work (sink, state, seq);
`;
