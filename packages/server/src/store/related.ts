import { sql } from "kysely";
import type { RawBuilder } from "kysely";

/** How a text is compared, in the words of SCIM. Texts are in order as SQLite has them, by their bytes. */
export type TextOperator = "eq" | "co" | "sw" | "ew" | "gt" | "ge" | "lt" | "le";

/**
 * What is asked of a member of a group, or of a group of a user. `name` is what a member or a group is shown as, and the text
 * to compare it with is folded. No terms of `and` hold always, no terms of `or` never.
 */
export type Related =
  | { readonly kind: "and" | "or"; readonly terms: readonly Related[] }
  | { readonly kind: "not"; readonly term: Related }
  | {
      readonly kind: "text";
      readonly column: "id" | "name";
      readonly operator: TextOperator;
      readonly text: string;
    };

/** The rows that are asked about. */
type Side = "directory_user" | "directory_group";

/** The condition in SQL, on a row of `side`. Never NULL. */
export function meets(side: Side, related: Related): RawBuilder<boolean> {
  switch (related.kind) {
    case "and":
      return joined(side, related.terms, "and");
    case "or":
      return joined(side, related.terms, "or");
    case "not":
      return sql`not ${meets(side, related.term)}`;
    case "text":
      return sql`(${comparison(side, related)})`;
    default:
      return related satisfies never;
  }
}

/**
 * A query for the seqs of the few users of a directory who can meet the condition, where an index has them; null where only a
 * look at each user tells. `x.seq in (…)` makes SQLite begin there, and not at the members of a group.
 */
export function fewUsers(directorySeq: number, related: Related): RawBuilder<unknown> | null {
  switch (related.kind) {
    case "and":
      return related.terms.map((term) => fewUsers(directorySeq, term)).find((query) => query !== null) ?? null;
    case "or": {
      const queries = related.terms.map((term) => fewUsers(directorySeq, term));
      const found = queries.filter((query) => query !== null);
      return found.length === 0 || found.length < queries.length ? null : sql.join(found, sql` union all `);
    }
    case "text": {
      const { column, operator, text } = related;
      if (operator !== "eq") return null;
      const named = sql`select seq from directory_user where directory_seq = ${directorySeq}`;
      if (column === "id") return sql`${named} and id = ${text}`;
      return sql`${named} and display_name_folded = ${text}
        union all ${named} and user_name_folded = ${text} and display_name_folded is null`;
    }
    case "not":
      return null;
    default:
      return related satisfies never;
  }
}

function joined(side: Side, terms: readonly Related[], word: "and" | "or"): RawBuilder<boolean> {
  if (terms.length === 0) return word === "and" ? sql`true` : sql`false`;
  const conditions = terms.map((term) => meets(side, term));
  return sql`(${sql.join(conditions, word === "and" ? sql` and ` : sql` or `)})`;
}

function comparison(side: Side, { column, operator, text }: Related & { kind: "text" }): RawBuilder<boolean> {
  const value = column === "id" ? sql.ref(`${side}.id`) : nameOn(side);
  switch (operator) {
    case "eq":
      return sql`${value} = ${text}`;
    case "co":
      return sql`instr(${value}, ${text}) > 0`;
    case "sw":
      return sql`instr(${value}, ${text}) = 1`;
    case "ew":
      // As bytes, because the functions that cut text stop at a NUL. Of no bytes, the last none would be all.
      return text === ""
        ? sql`true`
        : sql`substr(cast(${value} as blob), -length(cast(${text} as blob))) = cast(${text} as blob)`;
    case "gt":
      return sql`${value} > ${text}`;
    case "ge":
      return sql`${value} >= ${text}`;
    case "lt":
      return sql`${value} < ${text}`;
    case "le":
      return sql`${value} <= ${text}`;
    default:
      return operator satisfies never;
  }
}

function nameOn(side: Side): RawBuilder<string> {
  return side === "directory_group"
    ? sql`directory_group.display_name_folded`
    : sql`coalesce(directory_user.display_name_folded, directory_user.user_name_folded)`;
}
