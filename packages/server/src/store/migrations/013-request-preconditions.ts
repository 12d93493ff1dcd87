/** Of a SCIM request: under which condition it was sent, so that it can be sent once more under the same. */
export const requestPreconditionsSchema = `
alter table scim_request add column if_match text;
alter table scim_request add column if_none_match text;
`;
