/** Parking, replay, effects, gaps, and sinks that are no longer used. */
export const locksAndGaps = `
-- When upstream was last known to have nothing behind the cursor, by its own clock, in epoch milliseconds.
ALTER TABLE stream ADD COLUMN verified_through_at INTEGER;

-- Bits: 1 found later than its place in the log, 2 made here and not upstream, 4 purged: the body is blank.
ALTER TABLE event ADD COLUMN flags INTEGER NOT NULL DEFAULT 0;

ALTER TABLE sink ADD COLUMN last_seen_at INTEGER NOT NULL DEFAULT 0;
-- Grows whenever a person changes the sink's letters or asks for a replay, so that one small row tells.
ALTER TABLE sink ADD COLUMN requests INTEGER NOT NULL DEFAULT 0;
-- Every sink there is was used by the version before, nobody knows when.
UPDATE sink SET last_seen_at = unixepoch() * 1000;

-- SQLite cannot change a CHECK, so the table is made again.
CREATE TABLE work_next (
  sink TEXT NOT NULL REFERENCES sink (name),
  seq INTEGER NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('inflight', 'wait', 'done', 'dead', 'parked')),
  attempts INTEGER NOT NULL DEFAULT 0,
  -- 1: a person asked for another try of a dead letter; 2: even though it was overtaken.
  redriven INTEGER NOT NULL DEFAULT 0 CHECK (redriven IN (0, 1, 2)),
  -- 1: the sink was finished with it, and a person asked for it again.
  replay INTEGER NOT NULL DEFAULT 0 CHECK (replay IN (0, 1)),
  next_at INTEGER NOT NULL DEFAULT 0,
  first_at INTEGER,
  last_at INTEGER,
  failure TEXT,
  -- Of a dead letter: the event that has overtaken it, once that event itself is forgotten.
  superseded_by TEXT,
  PRIMARY KEY (sink, seq)
) STRICT, WITHOUT ROWID;
INSERT INTO work_next (sink, seq, state, attempts, redriven, next_at, first_at, last_at, failure, superseded_by)
  SELECT sink, seq, state, attempts, redriven, next_at, first_at, last_at, failure, superseded_by FROM work;
DROP TABLE work;
ALTER TABLE work_next RENAME TO work;
-- Partial, because what is on its way to be delivered must not cost an index.
CREATE INDEX work_kept ON work (sink, state, seq) WHERE state IN ('dead', 'parked');

-- Side effects that handlers have had, so that they are not had again.
CREATE TABLE effect (
  sink TEXT NOT NULL REFERENCES sink (name),
  name TEXT NOT NULL,
  key TEXT NOT NULL,
  at INTEGER NOT NULL,
  PRIMARY KEY (sink, name, key)
) STRICT, WITHOUT ROWID;
CREATE INDEX effect_by_age ON effect (at);

-- Times in which upstream lost events that were never read.
CREATE TABLE gap (
  id INTEGER PRIMARY KEY,
  opened_at INTEGER NOT NULL,
  reason TEXT NOT NULL,
  from_cursor TEXT,
  -- Up to here, by upstream's clock, nothing is missing; null when that is not known.
  verified_through_at INTEGER,
  resumed_at INTEGER,
  closed_at INTEGER,
  -- The scan that closed it.
  scan_id TEXT
) STRICT;
`;
