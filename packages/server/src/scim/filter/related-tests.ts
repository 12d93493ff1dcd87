import type { Store } from "../../store/model.ts";
import type { Related } from "../../store/related.ts";
import type { GroupRow, UserRow } from "../../store/tables.ts";
import type { LeafTest } from "./match.ts";
import { relatedTestOf } from "./related.ts";
import type { RelatedList } from "./related.ts";
import { nextTurn } from "../../turns.ts";

/** Tests for the parts of a filter that are about rows of another table, which are asked about some rows at a time. */
export interface RelatedTests<Row> {
  readonly testOf: LeafTest;
  /** Finds out about these rows. Called before tests are run on them. */
  load(rows: readonly Row[]): Promise<void>;
}

/** Where a directory's memberships are. */
interface Place {
  readonly store: Store;
  readonly directorySeq: number;
}

/** Tests groups by their members. What a filter asks of members is found out once for all groups, and no member is loaded. */
export function testsByMembers({ store, directorySeq }: Place): RelatedTests<GroupRow> {
  const known = new Map<Related, ReadonlySet<string>>();
  return testsBy("members", async (related, rows) => {
    if (isAnything(related)) return new Set(rows.filter((row) => row.member_count > 0).map(({ id }) => id));
    const found = known.get(related) ?? (await groupsWith(store, directorySeq, related));
    known.set(related, found);
    return found;
  });
}

/** Tests users by their groups, some users at a time: all who are in a group may be a hundred thousand. */
export function testsByGroups({ store, directorySeq }: Place): RelatedTests<UserRow> {
  return testsBy("groups", async (related, rows) => {
    const seqs = rows.map(({ seq }) => seq);
    return new Set(await store.read((data) => data.directory(directorySeq).memberships.usersIn(related, seqs)));
  });
}

function testsBy<Row>(
  list: RelatedList,
  idsOf: (related: Related, rows: readonly Row[]) => Promise<ReadonlySet<string>>,
): RelatedTests<Row> {
  const parts: { readonly related: Related; ids: ReadonlySet<string> }[] = [];
  return {
    testOf: (leaf) => {
      if (leaf.path.schema !== null || leaf.path.attribute?.toLowerCase() !== list) return null;
      const { related, isNone } = relatedTestOf(list, leaf);
      const part = { related, ids: new Set<string>() };
      parts.push(part);
      return ({ id }) => (typeof id === "string" && part.ids.has(id)) !== isNone;
    },
    load: async (rows) => {
      for (const part of parts) part.ids = await idsOf(part.related, rows);
    },
  };
}

async function groupsWith(store: Store, directorySeq: number, related: Related): Promise<ReadonlySet<string>> {
  const ids = new Set<string>();
  let above: number | null = 0;
  while (above !== null) {
    const from: number = above;
    const { groups, next } = await store.read((data) =>
      data.directory(directorySeq).memberships.groupsWith(related, from),
    );
    for (const { id } of groups) ids.add(id);
    above = next;
    if (above !== null) await nextTurn();
  }
  return ids;
}

function isAnything(related: Related): boolean {
  return related.kind === "and" && related.terms.length === 0;
}
