/** Types of events that nobody knew when they were read. */
export const unknownEvents = `
CREATE TABLE unknown_event (
  -- As upstream calls it, as far as it is kept; '*' stands for all that came when there were too many types.
  type TEXT NOT NULL PRIMARY KEY,
  count INTEGER NOT NULL,
  first_at INTEGER NOT NULL,
  -- Of the newest one.
  event_id TEXT NOT NULL,
  last_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
`;
