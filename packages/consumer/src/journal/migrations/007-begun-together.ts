/** What a sink has begun together is on record as a stretch, and not as a row for each event. */
export const begunTogether = `
-- JSON: [first, last, when] of stretches of positions that were begun once. What has a row in work, or is not above low_seq,
-- is not meant.
ALTER TABLE sink ADD COLUMN begun TEXT NOT NULL DEFAULT '[]';
`;
