/** Finds a group by its `idp_id`, which a renamed group keeps and no other may take. */
export const groupIdentitiesSchema = `
create index directory_group_by_idp_id on directory_group (directory_seq, idp_id);
`;
