/**
 * The mirror: what upstream has, as far as the events tell.
 *
 * A row that has no body is deleted; it keeps the ids, so that nothing that was read late brings it back. What lies below
 * it (the users of a directory, the memberships of a user or a group) is not touched when it ends: the views show only
 * what came to be after the `since` of everything above it. So the end of a directory is one row, however many users it had.
 */
export const mirror = `
-- Of an event that was found later than its place in the log: between which positions it stands. Null: at its own.
ALTER TABLE event ADD COLUMN place REAL;
CREATE INDEX event_by_place ON event (place) WHERE place IS NOT NULL;

CREATE TABLE mirror (
  only_row INTEGER PRIMARY KEY CHECK (only_row = 1),
  -- From this position on it is all that upstream has; null until a scan has shown it.
  complete_since_seq INTEGER
) STRICT;
INSERT INTO mirror (only_row) VALUES (1);

CREATE TABLE mirror_directory (
  id TEXT NOT NULL PRIMARY KEY,
  -- As the service wrote it; null when it is deleted.
  body TEXT,
  -- The event that wrote the row.
  seq INTEGER NOT NULL,
  -- Where that event stands in the log.
  place REAL NOT NULL,
  -- Where it ended for the last time, and where it is first heard of after that. What is below it and stands before has
  -- ended with it.
  ended REAL NOT NULL,
  since REAL NOT NULL
) STRICT;

CREATE TABLE mirror_user (
  id TEXT NOT NULL PRIMARY KEY,
  directory_id TEXT,
  email TEXT COLLATE NOCASE,
  body TEXT,
  seq INTEGER NOT NULL,
  place REAL NOT NULL,
  ended REAL NOT NULL,
  since REAL NOT NULL
) STRICT;
CREATE INDEX mirror_user_by_directory ON mirror_user (directory_id, id);
CREATE INDEX mirror_user_by_email ON mirror_user (email) WHERE email IS NOT NULL;

CREATE TABLE mirror_group (
  id TEXT NOT NULL PRIMARY KEY,
  directory_id TEXT,
  body TEXT,
  seq INTEGER NOT NULL,
  place REAL NOT NULL,
  ended REAL NOT NULL,
  since REAL NOT NULL
) STRICT;
CREATE INDEX mirror_group_by_directory ON mirror_group (directory_id, id);

CREATE TABLE mirror_membership (
  group_id TEXT NOT NULL,
  user_id TEXT NOT NULL,
  directory_id TEXT,
  -- 0: removed.
  is_member INTEGER NOT NULL CHECK (is_member IN (0, 1)),
  seq INTEGER NOT NULL,
  place REAL NOT NULL,
  PRIMARY KEY (group_id, user_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX mirror_membership_by_user ON mirror_membership (user_id);

CREATE VIEW directories AS
SELECT id,
  body ->> '$.organization_id' AS organization_id,
  body ->> '$.name' AS name,
  body ->> '$.type' AS type,
  -- Reads and events have two words for each of these.
  CASE body ->> '$.state' WHEN 'linked' THEN 'active' WHEN 'unlinked' THEN 'inactive' ELSE body ->> '$.state' END AS state,
  body ->> '$.created_at' AS created_at,
  body ->> '$.updated_at' AS updated_at,
  body, seq
FROM mirror_directory WHERE body IS NOT NULL;

CREATE VIEW users AS
SELECT id, directory_id,
  body ->> '$.organization_id' AS organization_id,
  body ->> '$.idp_id' AS idp_id,
  email,
  body ->> '$.first_name' AS first_name,
  body ->> '$.last_name' AS last_name,
  body ->> '$.state' AS state,
  body ->> '$.role.slug' AS role,
  body ->> '$.created_at' AS created_at,
  body ->> '$.updated_at' AS updated_at,
  body, seq
FROM mirror_user WHERE body IS NOT NULL AND NOT EXISTS (
  SELECT 1 FROM mirror_directory AS above
  WHERE above.id = mirror_user.directory_id AND (above.body IS NULL OR above.since > mirror_user.place)
);

CREATE VIEW groups AS
SELECT id, directory_id,
  body ->> '$.organization_id' AS organization_id,
  body ->> '$.idp_id' AS idp_id,
  body ->> '$.name' AS name,
  body ->> '$.created_at' AS created_at,
  body ->> '$.updated_at' AS updated_at,
  body, seq
FROM mirror_group WHERE body IS NOT NULL AND NOT EXISTS (
  SELECT 1 FROM mirror_directory AS above
  WHERE above.id = mirror_group.directory_id AND (above.body IS NULL OR above.since > mirror_group.place)
);

CREATE VIEW memberships AS
SELECT group_id, user_id, directory_id, seq
FROM mirror_membership WHERE is_member = 1 AND NOT EXISTS (
  SELECT 1 FROM mirror_directory AS above
  WHERE above.id = mirror_membership.directory_id AND (above.body IS NULL OR above.since > mirror_membership.place)
) AND NOT EXISTS (
  SELECT 1 FROM mirror_group AS above
  WHERE above.id = mirror_membership.group_id AND (above.body IS NULL OR above.since > mirror_membership.place)
) AND NOT EXISTS (
  SELECT 1 FROM mirror_user AS above
  WHERE above.id = mirror_membership.user_id AND (above.body IS NULL OR above.since > mirror_membership.place)
);
`;
