import { ConfigError, timestampMs } from "@dirsync/sdk";
import { readStateFile } from "../journal/read-state.ts";
import { type Account, Accounts } from "./account.ts";
import { checkFold, type MirrorCheck } from "./check.ts";
import { foldUntil, type LastEvent } from "./past.ts";
import { type MirrorReader, SqliteMirror } from "./reader.ts";

/** The mirror as it is, and why it is so. */
export interface CurrentMirror extends MirrorReader {
  /**
   * Which events made a user and its memberships what they are, and what each sink made of them: one account for each
   * user of this id or this e-mail address, none when nobody has it. `group` is the id or the name of a group, to which
   * memberships are narrowed.
   */
  why(user: string, narrowed?: { readonly group?: string }): Promise<readonly Account[]>;
}

/** What the mirror was at an earlier time. Its `completeSinceSeq` is null when the scan that completed it came later. */
export interface PastMirror extends MirrorReader {
  /** The last event that is in it; null before the first. */
  readonly last: LastEvent | null;
  /** Events in it from which a person's data was purged: nobody can tell any more what they said. */
  readonly blankEvents: number;
}

/**
 * Opens the mirror in the state file at `path` to read it; a tail may run meanwhile, and nothing here can write.
 * @throws StateError `missing`, `unreadable`, `corrupt`, `older_version` or `newer_version`.
 */
export function openMirror(path: string): Promise<CurrentMirror> {
  return readStateFile(path, (database, file) => {
    const accounts = new Accounts(database);
    const why: CurrentMirror["why"] = (user, { group } = {}) => Promise.resolve().then(() => accounts.of(user, group));
    return Object.assign(new SqliteMirror(database, file), { why });
  });
}

/**
 * What the mirror in the state file at `path` was at `time` (ISO 8601): the events are folded anew, up to the last one, in
 * upstream's order, whose `created_at` is not later.
 * @throws ConfigError when it is no time. StateError as `openMirror`, and `missing` when the file does not have all
 * events any more: then no earlier state can be told.
 */
export function openMirrorAt(path: string, time: string): Promise<PastMirror> {
  const timeMs = timestampMs(time);
  if (timeMs === null) {
    return Promise.reject(
      new ConfigError(`"${time}" is not an ISO 8601 time, such as 2026-01-31T09:00:00Z.`, { where: "time" }),
    );
  }
  return readStateFile(path, (source, file) => {
    const { database, last, blank } = source.transaction(() => foldUntil(source, timeMs))();
    const since = Number(source.prepare("SELECT coalesce(complete_since_seq, -1) FROM mirror").pluck().get());
    source.close();
    const completeSinceSeq = last !== null && since >= 0 && since <= last.seq ? since : null;
    database.prepare("UPDATE mirror SET complete_since_seq = ?").run(completeSinceSeq);
    return Object.assign(new SqliteMirror(database, file), { last, blankEvents: blank });
  });
}

/**
 * Compares the mirror in the state file at `path` with what the events in it come to when they are folded anew, of one
 * moment; a tail may run meanwhile. `onProgress` is told after every thousandth event that is folded, of which a million take
 * a minute and nothing else in this process goes on.
 * @throws StateError as `openMirror`.
 */
export function checkMirror(path: string, onProgress?: (events: number) => void): Promise<MirrorCheck> {
  return readStateFile(path, (database) => {
    const check = database.transaction(() => checkFold(database, onProgress))();
    database.close();
    return check;
  });
}
