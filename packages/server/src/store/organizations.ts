import { sql } from "kysely";
import type { Kysely } from "kysely";
import type { OrganizationFilter, Organizations } from "./organization-model.ts";
import type { Tables } from "./tables.ts";
import { containing, within } from "./windows.ts";
import type { Window } from "./windows.ts";

/** Organizations on any database Kysely speaks to. */
export function organizationsOn(db: Kysely<Tables>): Organizations {
  const all = () => db.selectFrom("organization").selectAll();
  return {
    insert: async (row) => {
      const inserted = await db.insertInto("organization").values(row).returningAll().executeTakeFirstOrThrow();
      await indexDomains(db, inserted.seq);
      return inserted;
    },
    find: (id) => all().where("id", "=", id).executeTakeFirst(),
    findBySeq: (seq) => all().where("seq", "=", seq).executeTakeFirst(),
    findByExternalId: (externalId) => all().where("external_id", "=", externalId).executeTakeFirst(),
    findByStripeCustomerId: (customerId) => all().where("stripe_customer_id", "=", customerId).executeTakeFirst(),
    list: (filter, window) => organizationList(db, filter, window).execute(),
    update: async (seq, changes) => {
      const updated = db.updateTable("organization").set(changes).where("seq", "=", seq);
      const row = await updated.returningAll().executeTakeFirstOrThrow();
      if (changes.domains !== undefined) {
        await db.deleteFrom("organization_domain").where("organization_seq", "=", seq).execute();
        await indexDomains(db, seq);
      }
      return row;
    },
    remove: async ({ id, seq }) => {
      await db.insertInto("tombstone").values({ id, kind: "organization", seq }).execute();
      await db.deleteFrom("organization").where("seq", "=", seq).execute();
    },
  };
}

/** Has an organization be found by the domains that its row names. */
async function indexDomains(db: Kysely<Tables>, seq: number): Promise<void> {
  await sql`insert or ignore into organization_domain (domain, organization_seq)
    select json_extract(each.value, '$.domain'), ${seq}
    from organization, json_each(organization.domains) as each where organization.seq = ${seq}`.execute(db);
}

/** A page of organizations. */
export function organizationList(db: Kysely<Tables>, filter: OrganizationFilter, window: Window) {
  const { nameContains, domains } = filter;
  return db
    .selectFrom("organization")
    .selectAll()
    .where(within("organization.seq", window))
    .$if(nameContains !== undefined, (query) => query.where(containing("organization.name", nameContains ?? "")))
    .$if(domains !== undefined, (query) => query.where("organization.seq", "in", owners(db, domains ?? [])))
    .orderBy("seq", window.direction)
    .limit(window.limit);
}

/** Places of the organizations that have any of these domains. */
export function owners(db: Kysely<Tables>, domains: readonly string[]) {
  return db.selectFrom("organization_domain").select("organization_seq").where("domain", "in", domains);
}
