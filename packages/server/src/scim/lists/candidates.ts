import type { ScimBody } from "../answers.ts";
import { compileFilter, lookupOf } from "../filter/filter.ts";
import type { Filter, Lookup } from "../filter/filter.ts";
import type { ListSource, LookupPlace, Stretch } from "./source.ts";
import { fold } from "../../store/fold.ts";
import { nextTurn } from "../../turns.ts";

// Rows looked at between two turns of the event loop: a scan of a large directory must not hold up everybody else.
const scanRows = 500;

/** A row that matches; with its resource, where that was needed to find out. */
export interface Candidate<Row> {
  readonly row: Row;
  readonly body: ScimBody | null;
}

/**
 * The list that has exactly what matches, where counting and paging it takes no look at each row: all of the source without
 * a filter, or the members of a group. Null where there is no such list.
 */
export async function stretchOf<Row extends { readonly seq: number }>(
  source: ListSource<Row>,
  filter: Filter | null,
): Promise<Stretch<Row> | null> {
  if (filter === null) return source;
  const lookup = lookupOf(filter, source.type);
  return lookup === null || lookup.needsMatch ? null : await source.narrowed(lookup);
}

/**
 * Everything that matches, in creation order. An equality on an indexed attribute is looked up; any other filter is a scan
 * in pieces, of a list that an equality has narrowed where it can.
 */
export async function* candidates<Row extends { readonly seq: number }>(
  source: ListSource<Row>,
  filter: Filter | null,
): AsyncGenerator<Candidate<Row>> {
  if (filter === null) {
    for await (const rows of piecesOf(source)) for (const row of rows) yield { row, body: null };
    return;
  }
  // Once for all rows, and before the first: a filter without sense is refused in an empty directory too.
  const isMatch = compileFilter(filter, source.type, source.related.testOf);
  const lookup = lookupOf(filter, source.type);
  const { pieces, isNarrowed } = await foundBy(source, lookup);
  for await (const rows of pieces) {
    if (isNarrowed && lookup?.needsMatch === false) {
      for (const row of rows) yield { row, body: null };
      continue;
    }
    await source.related.load(rows);
    for (const row of rows) {
      const body = await source.candidate(row);
      if (isMatch(body)) yield { row, body };
    }
  }
}

/** Rows to look at, some at a time. */
interface Found<Row> {
  readonly pieces: Iterable<readonly Row[]> | AsyncIterable<readonly Row[]>;
  /** False where they are all that there are, because nothing narrows them. */
  readonly isNarrowed: boolean;
}

async function foundBy<Row extends { readonly seq: number }>(
  source: ListSource<Row>,
  lookup: Lookup | null,
): Promise<Found<Row>> {
  const place = lookup === null ? null : placeOf(lookup);
  if (place !== null) return { pieces: [await source.lookup(...place)], isNarrowed: true };
  const narrowed = lookup === null ? null : await source.narrowed(lookup);
  return { pieces: piecesOf(narrowed ?? source), isNarrowed: narrowed !== null };
}

async function* piecesOf<Row extends { readonly seq: number }>(stretch: Stretch<Row>): AsyncGenerator<readonly Row[]> {
  let above = 0;
  for (;;) {
    const rows = await stretch.after(above, scanRows);
    yield rows;
    const last = rows.at(-1);
    if (last === undefined || rows.length < scanRows) return;
    above = last.seq;
    await nextTurn();
  }
}

/** Where an index has the few rows; null where they may be many. */
function placeOf(lookup: Lookup): LookupPlace | null {
  switch (lookup.attribute) {
    case "id":
      return ["id", lookup.value];
    case "externalId":
      return ["external_id", lookup.value];
    case "userName":
      return ["user_name_folded", fold(lookup.value)];
    case "displayName":
      return ["display_name_folded", fold(lookup.value)];
    case "emails.value":
      return ["email", fold(lookup.value)];
    case "members.value":
      return ["members.value", lookup.value];
    case "members.display":
      return ["members.display", fold(lookup.value)];
    case "groups.value":
    case "groups.display":
      return null;
    default:
      return lookup.attribute satisfies never;
  }
}
