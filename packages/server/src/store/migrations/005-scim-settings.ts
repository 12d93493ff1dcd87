/** What a directory decides about its SCIM endpoint, as JSON; nothing yet. */
export const scimSettingsSchema = `
alter table directory add column scim_settings text not null default '{}';
`;
