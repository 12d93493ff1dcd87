import type { Related } from "../../store/related.ts";
import type { AttributePath } from "../schema/attribute-path.ts";
import { badRequest } from "../error.ts";
import { holdsForText } from "./match.ts";
import type { CompareOperator, Filter, FilterLeaf, Literal } from "./parse.ts";

/** A list that is not part of its resource, but rows of its own: the members of a group, the groups of a user. */
export type RelatedList = "members" | "groups";

/** What a part of a filter asks of such a list: that one of its elements meets `related`, or that none does. */
export interface RelatedTest {
  readonly related: Related;
  readonly isNone: boolean;
}

/**
 * What a part of a filter asks of `list`, for SQL to answer: nobody who looks for one member should load all of them.
 * @throws scim_error 400 invalidFilter
 */
export function relatedTestOf(list: RelatedList, leaf: FilterLeaf): RelatedTest {
  switch (leaf.kind) {
    case "element": {
      const where = elementCondition(list, leaf.where);
      const also = leaf.also === null ? [] : [elementCondition(list, leaf.also)];
      return { related: { kind: "and", terms: [where, ...also] }, isNone: false };
    }
    case "present":
      // An element is always something, whatever its parts are.
      return { related: leaf.path.sub === null ? always : assigned(list, leaf.path.sub), isNone: false };
    case "compare": {
      const { path, operator, literal } = leaf;
      if (isNull(literal)) {
        return { related: path.sub === null ? always : assigned(list, path.sub), isNone: operator !== "ne" };
      }
      // `ne` is the opposite of `eq`: it holds where no element is equal.
      const positive = operator === "ne" ? "eq" : operator;
      return { related: comparison(list, path.sub ?? "value", [positive, literal]), isNone: operator === "ne" };
    }
    default:
      return leaf satisfies never;
  }
}

/**
 * What the filter in `members[…]` asks of one member.
 * @throws scim_error 400 invalidFilter
 */
export function elementCondition(list: RelatedList, filter: Filter): Related {
  switch (filter.kind) {
    case "and":
    case "or":
      return { kind: filter.kind, terms: filter.terms.map((term) => elementCondition(list, term)) };
    case "not":
      return not(elementCondition(list, filter.term));
    case "present":
      return assigned(list, nameIn(filter.path));
    case "compare": {
      const { operator, literal } = filter;
      const name = nameIn(filter.path);
      if (isNull(literal)) return operator === "ne" ? assigned(list, name) : not(assigned(list, name));
      return operator === "ne"
        ? not(comparison(list, name, ["eq", literal]))
        : comparison(list, name, [operator, literal]);
    }
    case "element":
      throw badRequest("invalidFilter", `The elements of '${list}' have no lists; use one pair of brackets.`);
    default:
      return filter satisfies never;
  }
}

const always: Related = { kind: "and", terms: [] };
const never: Related = { kind: "or", terms: [] };

function comparison(
  list: RelatedList,
  name: string,
  [operator, literal]: readonly [Exclude<CompareOperator, "ne">, Literal],
): Related {
  const { text } = literal;
  switch (name.toLowerCase()) {
    case "value":
      return { kind: "text", column: "id", operator, text };
    case "display":
      return { kind: "text", column: "name", operator, text: text.toLowerCase() };
    case "$ref": {
      // By its end, because we are known under several addresses, and only the end says who is meant.
      if (operator !== "eq") throw badRequest("invalidFilter", `Compare '${list}.$ref' with eq, or use its value.`);
      const [type, id] = text.split("/").slice(-2);
      const isOfType = type === (list === "members" ? "Users" : "Groups");
      return isOfType && id !== undefined ? { kind: "text", column: "id", operator, text: id } : never;
    }
    case "type":
      // Every member is a user, which answers do not repeat for each, and every membership is direct.
      return holdsForText(operator, list === "members" ? "user" : "direct", text.toLowerCase()) ? always : never;
    default:
      return never;
  }
}

function assigned(list: RelatedList, name: string): Related {
  switch (name.toLowerCase()) {
    case "value":
    case "$ref":
    case "type":
      return always;
    case "display":
      return not(comparison(list, name, ["eq", { text: "", isQuoted: true }]));
    default:
      return never;
  }
}

function not(term: Related): Related {
  return { kind: "not", term };
}

function nameIn(path: AttributePath): string {
  return path.sub ?? path.attribute ?? "value";
}

function isNull({ text, isQuoted }: Literal): boolean {
  return !isQuoted && text.toLowerCase() === "null";
}
