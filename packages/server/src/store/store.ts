import { DirsyncError } from "@dirsync/sdk";
import { answersOn } from "./answers.ts";
import { auditOn } from "./audit.ts";
import { directoriesOn } from "./directories.ts";
import { watchDisk } from "./disk-watch.ts";
import { directoryTokensOn } from "./directory-tokens.ts";
import type { Connection } from "./connection.ts";
import { createGroupCommit } from "./group-commit.ts";
import { groupsOn } from "./groups.ts";
import { lineageOn } from "./lineage.ts";
import { listsOn } from "./lists.ts";
import { createLock } from "./lock.ts";
import type { Lock } from "./lock.ts";
import { logOn } from "./log.ts";
import { measuresOn } from "./measures.ts";
import { membershipsOn } from "./memberships.ts";
import type { Data, DirectoryData, Store } from "./model.ts";
import { organizationsOn } from "./organizations.ts";
import { portalSessionsOn } from "./portal-sessions.ts";
import { retentionOn } from "./retention.ts";
import { scimRequestsOn } from "./scim-requests.ts";
import { usersOn } from "./users.ts";
import { webhookDeliveriesOn } from "./webhook-deliveries.ts";
import { webhookEndpointsOn } from "./webhook-endpoints.ts";

/** An open, migrated database. */
export interface Engine {
  readonly connection: Connection;
  /** Turns an error of the database into a StateError; leaves any other error as it is. */
  readonly translate: (error: unknown) => Error;
  readonly close: () => Promise<void>;
  /**
   * Copies the database into a file of its own, a few pages at a time, while it is used. Within a change it must not begin:
   * better-sqlite3 finds nothing to copy there, and takes the copy for done. `begun` is called when it is past that.
   */
  readonly copyTo: (file: string, begun: () => void) => Promise<void>;
}

/** The store over an engine. It owns the engine from here on. */
export function createStore({ connection, translate, close, copyTo }: Engine): Store {
  const lock = createLock();
  const commits = createGroupCommit({ connection, lock, translate });
  const listeners: (() => void)[] = [];
  let isClosed = false;
  // Of the change that is being made: they are made one after the other.
  let isGrowing = false;
  const data = dataOn(connection, () => {
    isGrowing = true;
  });
  const disk = watchDisk({ connection, commits, answers: data.answers });

  function refuseWhenClosed(): void {
    if (isClosed) throw new DirsyncError("The store is closed.", { code: "closed", retryable: false });
  }

  async function translated<T>(work: () => Promise<T>): Promise<T> {
    refuseWhenClosed();
    try {
      return await work();
    } catch (error) {
      throw translate(error);
    }
  }

  return {
    // Held for all queries of the read, so that no change comes in between.
    read: (work) => translated(() => lock(() => work(data))),
    write: async (work, how = {}) => {
      refuseWhenClosed();
      let hasGrown = false;
      const value = await disk.run(async () => {
        isGrowing = false;
        const made = await work(data);
        hasGrown = isGrowing;
        return made;
      }, how);
      if (hasGrown) for (const listener of listeners) listener();
      return value;
    },
    copyTo: (file) => translated(() => begunBetweenChanges(lock, (begun) => copyTo(file, begun))),
    takesWrites: async () => {
      refuseWhenClosed();
      return await disk.takesWrites();
    },
    onGrowth: (listener) => {
      listeners.push(listener);
    },
    close: async () => {
      if (isClosed) return;
      isClosed = true;
      await commits.idle();
      await lock(close);
    },
  };
}

/** Waits for changes under way until `work` has begun, and lets changes go on from there. */
async function begunBetweenChanges(lock: Lock, work: (begun: () => void) => Promise<void>): Promise<void> {
  let working = Promise.resolve();
  await lock(async () => {
    await new Promise<void>((begun) => {
      working = work(begun).finally(begun);
    });
  });
  await working;
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

function dataOn(connection: Connection, onAppend: () => void): Data {
  const { db } = connection;
  const log = logOn(connection);
  return {
    organizations: organizationsOn(db),
    directories: directoriesOn(connection),
    directoryTokens: directoryTokensOn(connection),
    portalSessions: portalSessionsOn(db),
    lists: listsOn(connection),
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
    scimRequests: scimRequestsOn(connection),
    webhookEndpoints: webhookEndpointsOn(db),
    webhookDeliveries: (endpointSeq) => webhookDeliveriesOn(db, endpointSeq),
    directory: directoriesDataOn(connection),
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

// They hold nothing but the connection; those of more directories than this are made anew.
const directoriesMax = 1_000;

/** What there is of each directory, made once for those that are asked for. */
function directoriesDataOn(connection: Connection): (seq: number) => DirectoryData {
  const made = new Map<number, DirectoryData>();
  return (seq) => {
    const known = made.get(seq);
    if (known !== undefined) return known;
    if (made.size >= directoriesMax) made.clear();
    const data = directoryDataOn(connection, seq);
    made.set(seq, data);
    return data;
  };
}

function directoryDataOn(connection: Connection, seq: number): DirectoryData {
  return {
    users: usersOn(connection, seq),
    groups: groupsOn(connection, seq),
    memberships: membershipsOn(connection, seq),
    saveMapping: async (mapping, at) => {
      const { db } = connection;
      await db.updateTable("directory").set({ mapping, updated_at: at }).where("seq", "=", seq).execute();
    },
  };
}
