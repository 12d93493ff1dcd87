/** How often a resource has changed, which its entity tag tells. What was there before begins at 1. */
export const versionsSchema = `
alter table directory_user add column version integer not null default 1;
alter table directory_group add column version integer not null default 1;
`;
