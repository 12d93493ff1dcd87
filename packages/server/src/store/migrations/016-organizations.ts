/** Finds organizations by their domains, and has room for what is changed of them. */
export const organizationsSchema = `
create table organization_domain (
  domain text not null,
  organization_seq integer not null references organization (seq) on delete cascade,
  primary key (domain, organization_seq)
) strict, without rowid;
create index organization_domain_by_organization on organization_domain (organization_seq);
insert or ignore into organization_domain (domain, organization_seq)
  select json_extract(each.value, '$.domain'), organization.seq from organization, json_each(organization.domains) as each;

alter table organization add column stripe_customer_id text;
create unique index organization_by_stripe_customer_id on organization (stripe_customer_id)
  where stripe_customer_id is not null;
alter table organization add column allow_profiles_outside_organization integer not null default 0;
`;
