import type { IndexedOrder, LookupColumn, OrderedPage } from "../../store/model.ts";
import type { ScimBody } from "../answers.ts";
import type { Lookup } from "../filter/filter.ts";
import type { ResourceType } from "../model.ts";
import type { RelatedTests } from "../filter/related-tests.ts";

/** A list of rows in creation order, and how many there are. */
export interface Stretch<Row> {
  total(): Promise<number>;
  page(offset: number, limit: number): Promise<readonly Row[]>;
  after(above: number, limit: number): Promise<readonly Row[]>;
}

/** What an index finds rows by. */
export type LookupPlace = [LookupColumn | "members.value" | "members.display", string];

/** What listing needs to know of users or of groups. */
export interface ListSource<Row extends { readonly seq: number }> extends Stretch<Row> {
  readonly type: ResourceType;
  lookup(...place: LookupPlace): Promise<readonly Row[]>;
  /** The list of those that an equality selects; null where no list has them. */
  narrowed(lookup: Lookup): Promise<Stretch<Row> | null>;
  /** The place of a resource in creation order, also of one that is gone. */
  placeOf(id: string): Promise<number>;
  /** The seqs of a page in the order of an index. */
  ordered(order: IndexedOrder, page: OrderedPage): Promise<readonly number[]>;
  /** Those of the rows that are still there, in any order. */
  bySeqs(seqs: readonly number[]): Promise<readonly Row[]>;
  /** The resource to run a filter on. */
  candidate(row: Row): Promise<ScimBody>;
  /** Tests for what the resource does not hold. */
  readonly related: RelatedTests<Row>;
}
