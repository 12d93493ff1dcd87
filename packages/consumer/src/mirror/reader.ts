import type { DirectoryGroup, DirectoryUser, EventDirectory } from "@dirsync/sdk";
import { type SqliteDatabase } from "../journal/sqlite.ts";
import { translateSqliteError } from "../journal/sqlite-errors.ts";
import { type MirrorCounts, type MirrorMembership, type MirrorRow, MirrorRows, type RowsAsked } from "./rows.ts";

/**
 * What upstream has, as far as the tail that writes the state file has read it. Every answer is of one moment; a list is
 * read in pages, and what changes in between may show or not. Ids that are not there give null or nothing.
 */
export interface MirrorReader {
  directory(id: string): Promise<EventDirectory | null>;
  user(id: string): Promise<DirectoryUser | null>;
  group(id: string): Promise<DirectoryGroup | null>;
  /** Users with this e-mail address, in either case: as many as there are directories that have one. */
  usersByEmail(email: string): Promise<readonly DirectoryUser[]>;
  /** All directories, in the order of their ids, as the other lists. */
  directories(): AsyncIterable<EventDirectory>;
  /** All users, or those of one directory. */
  users(of?: { readonly directory?: string }): AsyncIterable<DirectoryUser>;
  /** All groups, or those of one directory. */
  groups(of?: { readonly directory?: string }): AsyncIterable<DirectoryGroup>;
  /** Groups that a user is in. */
  groupsOf(userId: string): AsyncIterable<DirectoryGroup>;
  /** Users in a group. */
  membersOf(groupId: string): AsyncIterable<DirectoryUser>;
  isMember(groupId: string, userId: string): Promise<boolean>;
  /** Who is in which group, of all directories or of one, in the order of the ids of group and user. */
  memberships(of?: { readonly directory?: string }): AsyncIterable<MirrorMembership>;
  /** What there is in each directory, also in those of which only users or groups are known. */
  counts(): Promise<readonly MirrorCounts[]>;
  /** From this position of the journal on, all that upstream has is here; null until a scan has shown it. */
  completeSinceSeq(): Promise<number | null>;
  close(): Promise<void>;
}

const pageRows = 500;

/** Answers from a database that has the mirror's tables. */
export class SqliteMirror implements MirrorReader {
  readonly #database: SqliteDatabase;
  readonly #path: string;
  readonly #rows: MirrorRows;

  constructor(database: SqliteDatabase, path: string) {
    this.#database = database;
    this.#path = path;
    this.#rows = new MirrorRows(database);
  }

  directory(id: string): Promise<EventDirectory | null> {
    return this.#read((rows) => bodyOf<EventDirectory>(rows.get("directory", id)));
  }

  user(id: string): Promise<DirectoryUser | null> {
    return this.#read((rows) => bodyOf<DirectoryUser>(rows.get("user", id)));
  }

  group(id: string): Promise<DirectoryGroup | null> {
    return this.#read((rows) => bodyOf<DirectoryGroup>(rows.get("group", id)));
  }

  usersByEmail(email: string): Promise<readonly DirectoryUser[]> {
    return this.#read((rows) => rows.usersByEmail(email).map((row) => row.body as unknown as DirectoryUser));
  }

  directories(): AsyncIterable<EventDirectory> {
    return this.#all((rows, asked) => rows.list("directory", asked));
  }

  users({ directory }: { readonly directory?: string } = {}): AsyncIterable<DirectoryUser> {
    return this.#all((rows, asked) =>
      rows.list("user", { ...asked, ...(directory === undefined ? {} : { directory }) }),
    );
  }

  groups({ directory }: { readonly directory?: string } = {}): AsyncIterable<DirectoryGroup> {
    return this.#all((rows, asked) =>
      rows.list("group", { ...asked, ...(directory === undefined ? {} : { directory }) }),
    );
  }

  groupsOf(userId: string): AsyncIterable<DirectoryGroup> {
    return this.#all((rows, asked) => rows.groupsOf(userId, asked));
  }

  membersOf(groupId: string): AsyncIterable<DirectoryUser> {
    return this.#all((rows, asked) => rows.membersOf(groupId, asked));
  }

  isMember(groupId: string, userId: string): Promise<boolean> {
    return this.#read((rows) => rows.isMember(groupId, userId));
  }

  async *memberships({ directory }: { readonly directory?: string } = {}): AsyncGenerator<MirrorMembership> {
    const of = directory === undefined ? {} : { directory };
    let page: readonly MirrorMembership[] = [];
    do {
      const after = page.at(-1);
      const asked = { ...of, ...(after === undefined ? {} : { after }), limit: pageRows };
      page = await this.#read((rows) => rows.memberships(asked));
      yield* page;
    } while (page.length === pageRows);
  }

  counts(): Promise<readonly MirrorCounts[]> {
    return this.#read((rows) => rows.counts());
  }

  completeSinceSeq(): Promise<number | null> {
    return this.#read((rows) => rows.completeSinceSeq());
  }

  close(): Promise<void> {
    this.#database.close();
    return Promise.resolve();
  }

  async #read<T>(query: (rows: MirrorRows) => T): Promise<T> {
    try {
      return await Promise.resolve(query(this.#rows));
    } catch (error) {
      throw translateSqliteError(error, this.#path);
    }
  }

  async *#all<T>(query: (rows: MirrorRows, asked: RowsAsked) => readonly MirrorRow[]): AsyncGenerator<T> {
    let after = "";
    for (;;) {
      const from = after;
      const page = await this.#read((rows) => query(rows, { after: from, limit: pageRows }));
      for (const { body } of page) yield body as T;
      const last = page.at(-1);
      if (last === undefined || page.length < pageRows) return;
      after = last.id;
    }
  }
}

function bodyOf<T>(row: MirrorRow | null): T | null {
  return row === null ? null : (row.body as T);
}
