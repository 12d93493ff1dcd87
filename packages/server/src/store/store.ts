import { DirsyncError } from "@dirsync/sdk";
import type { Kysely } from "kysely";
import { answersOn } from "./answers.ts";
import { auditOn } from "./audit.ts";
import { directoriesOn } from "./directories.ts";
import { directoryTokensOn } from "./directory-tokens.ts";
import { createGroupCommit } from "./group-commit.ts";
import { groupsOn } from "./groups.ts";
import { lineageOn } from "./lineage.ts";
import { listsOn } from "./lists.ts";
import { logOn } from "./log.ts";
import { measuresOn } from "./measures.ts";
import { membershipsOn } from "./memberships.ts";
import type { Data, Store } from "./model.ts";
import { organizationsOn } from "./organizations.ts";
import { portalSessionsOn } from "./portal-sessions.ts";
import { retentionOn } from "./retention.ts";
import { scimRequestsOn } from "./scim-requests.ts";
import type { Tables } from "./tables.ts";
import { usersOn } from "./users.ts";
import { webhookDeliveriesOn } from "./webhook-deliveries.ts";
import { webhookEndpointsOn } from "./webhook-endpoints.ts";

/** An open, migrated database. */
export interface Engine {
  readonly db: Kysely<Tables>;
  /** Turns an error of the database into a StateError; leaves any other error as it is. */
  readonly translate: (error: unknown) => Error;
  readonly close: () => Promise<void>;
  /** Copies the database into a file of its own, a few pages at a time, while it is used. */
  readonly copyTo: (file: string) => Promise<void>;
}

/** The store over an engine. It owns the engine from here on. */
export function createStore({ db, translate, close, copyTo }: Engine): Store {
  const commits = createGroupCommit(db, translate);
  const listeners: (() => void)[] = [];
  let isClosed = false;

  function refuseWhenClosed(): void {
    if (isClosed) throw new DirsyncError("The store is closed.", { code: "closed", retryable: false });
  }

  return {
    read: async (work) => {
      refuseWhenClosed();
      try {
        // One connection for all queries of the read, so that no change comes in between.
        return await db.connection().execute((connection) => work(dataOn(connection)));
      } catch (error) {
        throw translate(error);
      }
    },
    write: async (work) => {
      refuseWhenClosed();
      let hasGrown = false;
      const value = await commits.run((transaction) =>
        work(
          dataOn(transaction, () => {
            hasGrown = true;
          }),
        ),
      );
      if (hasGrown) for (const listener of listeners) listener();
      return value;
    },
    copyTo: async (file) => {
      refuseWhenClosed();
      try {
        await copyTo(file);
      } catch (error) {
        throw translate(error);
      }
    },
    onGrowth: (listener) => {
      listeners.push(listener);
    },
    close: async () => {
      if (isClosed) return;
      isClosed = true;
      await commits.idle();
      await close();
    },
  };
}

const identified = [
  "event",
  "organization",
  "directory",
  "directory_token",
  "directory_user",
  "directory_group",
  "webhook_endpoint",
  "audit_entry",
] as const;

function dataOn(db: Kysely<Tables>, onAppend: () => void = () => undefined): Data {
  const log = logOn(db);
  return {
    organizations: organizationsOn(db),
    directories: directoriesOn(db),
    directoryTokens: directoryTokensOn(db),
    portalSessions: portalSessionsOn(db),
    lists: listsOn(db),
    log: {
      ...log,
      append: async (events) => {
        await log.append(events);
        if (events.length > 0) onAppend();
      },
    },
    answers: answersOn(db),
    audit: auditOn(db),
    lineage: lineageOn(db),
    retention: retentionOn(db),
    measures: measuresOn(db),
    scimRequests: scimRequestsOn(db),
    webhookEndpoints: webhookEndpointsOn(db),
    webhookDeliveries: (endpointSeq) => webhookDeliveriesOn(db, endpointSeq),
    directory: (seq) => ({
      users: usersOn(db, seq),
      groups: groupsOn(db, seq),
      memberships: membershipsOn(db, seq),
      saveMapping: async (mapping, at) => {
        await db.updateTable("directory").set({ mapping, updated_at: at }).where("seq", "=", seq).execute();
      },
    }),
    lastIds: async () => {
      const ids: string[] = [];
      for (const table of identified) {
        const row = await db.selectFrom(table).select("id").orderBy("seq", "desc").limit(1).executeTakeFirst();
        if (row !== undefined) ids.push(row.id);
      }
      return ids;
    },
  };
}
