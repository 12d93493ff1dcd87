import { ScimError } from "../scim/error.ts";
import { tokenAt } from "../scim/filter/lexer.ts";

/** Gives an attribute its current name. */
export type NameRewrite = (name: string) => string;

/**
 * A query in which attributes have their current names: lists of them, the one that a list is sorted by, and those in a filter.
 * Only names that begin with a URN have others, so that most queries come back as they are.
 */
export function queryWithNames(query: URLSearchParams, rename: NameRewrite): URLSearchParams {
  const named = [...lists, "filter"].filter((parameter) => /urn:/iu.test(query.get(parameter) ?? ""));
  if (named.length === 0) return query;
  const plain = new URLSearchParams(query);
  for (const parameter of named) {
    const text = query.get(parameter) ?? "";
    plain.set(parameter, parameter === "filter" ? filterWithNames(text, rename) : listWithNames(text, rename));
  }
  return plain;
}

const lists = ["attributes", "excludedAttributes", "sortBy"] as const;

function listWithNames(text: string, rename: NameRewrite): string {
  return text
    .split(",")
    .map((name) => rename(name.trim()))
    .join(",");
}

/** Words only: what stands in quotes is a value, also where it looks like a name. */
function filterWithNames(text: string, rename: NameRewrite): string {
  const pieces: string[] = [];
  try {
    for (let at = 0; ;) {
      const token = tokenAt(text, at);
      pieces.push(
        text.slice(at, token.at),
        token.kind === "word" ? rename(token.text) : text.slice(token.at, token.end),
      );
      if (token.kind === "end") return pieces.join("");
      at = token.end;
    }
  } catch (error) {
    // The core refuses it, with the place where it cannot be read.
    if (error instanceof ScimError) return text;
    throw error;
  }
}
