/** How a directory's people are read, as JSON; `{}` means the defaults. */
export const mappingSchema = `
alter table directory add column mapping text not null default '{}';
`;
