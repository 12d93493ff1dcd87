/** Which replays a person has forced: the others are given up when something has come since that they would undo. */
export const forcedReplays = `
ALTER TABLE work ADD COLUMN replay_forced INTEGER NOT NULL DEFAULT 0 CHECK (replay_forced IN (0, 1));
`;
