/** Scans: what was asked for, how far they are, and what waits for a person. */
export const scans = `
CREATE TABLE scan (
  number INTEGER PRIMARY KEY,
  id TEXT NOT NULL UNIQUE,
  cause TEXT NOT NULL,
  scope TEXT NOT NULL,
  dry_run INTEGER NOT NULL CHECK (dry_run IN (0, 1)),
  state TEXT NOT NULL,
  -- Grows when it has to begin anew, so that whoever still works on what was before is found out.
  attempt INTEGER NOT NULL DEFAULT 1,
  requested_at INTEGER NOT NULL,
  started_at INTEGER,
  ended_at INTEGER,
  requests INTEGER NOT NULL DEFAULT 0,
  users_expected INTEGER,
  tallies TEXT NOT NULL DEFAULT '{}',
  overtaken INTEGER NOT NULL DEFAULT 0,
  problem TEXT
) STRICT;

-- The lists of the scan that is open, in the order in which they are read.
CREATE TABLE scan_collection (
  number INTEGER PRIMARY KEY,
  kind TEXT NOT NULL,
  directory_id TEXT,
  group_id TEXT,
  -- open: being read; listed: to be searched for what is here and was not listed; done.
  state TEXT NOT NULL DEFAULT 'open' CHECK (state IN ('open', 'listed', 'done')),
  -- Where the first page begins that has not been taken in yet.
  after TEXT,
  -- What was written after this position is as it is because the log says so, listed or not.
  floor_seq INTEGER,
  UNIQUE (kind, directory_id, group_id)
) STRICT;
CREATE INDEX scan_collection_left ON scan_collection (directory_id, number) WHERE state != 'done';

-- What a list that is being read has shown so far.
CREATE TABLE scan_seen (
  collection INTEGER NOT NULL,
  id TEXT NOT NULL,
  PRIMARY KEY (collection, id)
) STRICT, WITHOUT ROWID;

-- What is here and not upstream, and is not deleted yet.
CREATE TABLE scan_removal (
  directory_id TEXT NOT NULL,
  kind TEXT NOT NULL,
  id TEXT NOT NULL,
  -- Of a membership; otherwise empty.
  user_id TEXT NOT NULL,
  -- An event about it after this position says more than that it was not there.
  floor_seq INTEGER NOT NULL,
  PRIMARY KEY (directory_id, kind, id, user_id)
) STRICT, WITHOUT ROWID;

-- Deletions that are so many that a person has to decide.
CREATE TABLE scan_brake (
  directory_id TEXT NOT NULL,
  kind TEXT NOT NULL,
  count INTEGER NOT NULL,
  total INTEGER NOT NULL,
  approved INTEGER NOT NULL DEFAULT 0 CHECK (approved IN (0, 1)),
  PRIMARY KEY (directory_id, kind)
) STRICT, WITHOUT ROWID;

-- Things of which an event came later than its place in the log: what was listed until then may lack it.
CREATE TABLE scan_doubt (
  key TEXT NOT NULL PRIMARY KEY,
  reference TEXT NOT NULL,
  -- Of that event.
  seq INTEGER NOT NULL,
  -- 1: it was asked about and is gone, and its deletion is still to be made.
  asked INTEGER NOT NULL DEFAULT 0 CHECK (asked IN (0, 1))
) STRICT, WITHOUT ROWID;

-- What the newest dry run would do, as far as it is kept.
CREATE TABLE scan_plan (
  number INTEGER PRIMARY KEY,
  action TEXT NOT NULL,
  reference TEXT NOT NULL,
  fields TEXT NOT NULL
) STRICT;
`;
