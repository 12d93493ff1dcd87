/** What the process that holds the file has to say about itself. */
export const holderNote = `
-- JSON: [what, since when]. Null when there is nothing, and for each new holder.
ALTER TABLE stream ADD COLUMN holder_note TEXT;
`;
