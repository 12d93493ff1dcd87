import { parseAttributePath, type AttributePath } from "../schema/attribute-path.ts";
import { badRequest } from "../error.ts";
import { tokenAt, type Token } from "./lexer.ts";
import type { ResourceType } from "../model.ts";

/** The comparison operators of RFC 7644 section 3.4.2.2. */
export type CompareOperator = "eq" | "ne" | "co" | "sw" | "ew" | "gt" | "ge" | "lt" | "le";

/** A value in a filter. Without quotes it may also mean a number, a boolean or null, as the attribute's type decides. */
export interface Literal {
  readonly text: string;
  readonly isQuoted: boolean;
}

/** A parsed filter. `and` and `or` hold two terms or more. */
export type Filter =
  | { readonly kind: "and" | "or"; readonly terms: readonly Filter[] }
  | { readonly kind: "not"; readonly term: Filter }
  | { readonly kind: "present"; readonly path: AttributePath }
  | {
      readonly kind: "compare";
      readonly path: AttributePath;
      readonly operator: CompareOperator;
      readonly literal: Literal;
    }
  /** `emails[type eq "work"]`: some element meets `where`, and `also` where the text goes on as in `].value eq "x"`. */
  | { readonly kind: "element"; readonly path: AttributePath; readonly where: Filter; readonly also: Filter | null };

/** A part of a filter that is about one attribute. */
export type FilterLeaf = Filter & { readonly kind: "compare" | "present" | "element" };

/** Longest filter, in UTF-8 bytes. Real ones stay under 300; the limit bounds the work any text can cause. */
const filterBytesMax = 2048;
/** Deepest nesting of parentheses, brackets and `not`. */
const filterDepthMax = 16;
/** Most comparisons in one filter. */
const filterTermsMax = 64;

/**
 * Reads a filter: the grammar of RFC 7644 section 3.4.2.2, plus what providers send beyond it: names and operators in
 * any letter case, values without quotes, `not` without parentheses, and Entra's `emails[type eq "work"].value eq "x"`.
 * Takes time proportional to the length of the text. `type` says whose schemas it may name.
 *
 * @throws scim_error 400 invalidFilter, also for a filter over one of the limits
 */
export function parseFilter(text: string, type: ResourceType = "User"): Filter {
  if (Buffer.byteLength(text) > filterBytesMax) {
    throw badRequest("invalidFilter", `The filter is longer than ${filterBytesMax} bytes. Ask in several requests.`);
  }
  const reader = new FilterReader(text, { type });
  const filter = reader.readAlternatives(0);
  reader.expect("end");
  return filter;
}

/**
 * Reads what stands between the brackets of a path such as `emails[type eq "work"].value`, and says where the closing
 * bracket was.
 *
 * @throws scim_error 400 invalidFilter
 */
export function parseBracketFilter(text: string, openBracketAt: number): { where: Filter; end: number } {
  if (Buffer.byteLength(text) > filterBytesMax) {
    throw badRequest("invalidFilter", `The path is longer than ${filterBytesMax} bytes.`);
  }
  const reader = new FilterReader(text, { position: openBracketAt + 1 });
  const where = reader.readAlternatives(1);
  return { where, end: reader.expect("]").end };
}

/** Recursive descent over the tokens. Recursion is bounded by `filterDepthMax`; `and` and `or` are loops. */
class FilterReader {
  readonly #text: string;
  readonly #type: ResourceType;
  #token: Token;
  #terms = 0;

  constructor(text: string, { position = 0, type = "User" }: { position?: number; type?: ResourceType }) {
    this.#text = text;
    this.#type = type;
    this.#token = tokenAt(text, position);
  }

  readAlternatives(depth: number): Filter {
    return this.#readJoined("or", () => this.#readJoined("and", () => this.#readTerm(depth)));
  }

  /** `what` is what a client knows the token as. */
  expect(kind: Token["kind"], what = `"${kind}"`): Token {
    const token = this.#token;
    if (token.kind !== kind) throw this.#refused(kind === "end" ? "goes on where it should end" : `misses ${what}`);
    return token;
  }

  #readJoined(word: "and" | "or", readOne: () => Filter): Filter {
    const first = readOne();
    if (!this.#isWord(word)) return first;
    const terms = [first];
    while (this.#isWord(word)) {
      this.#advance();
      terms.push(readOne());
    }
    return { kind: word, terms };
  }

  #readTerm(depth: number): Filter {
    if (depth > filterDepthMax) throw this.#refused(`nests deeper than ${filterDepthMax} levels`);
    if (this.#token.kind === "(") {
      this.#advance();
      const inner = this.readAlternatives(depth + 1);
      this.#take(")");
      return inner;
    }
    if (this.#isWord("not")) {
      this.#advance();
      return { kind: "not", term: this.#readTerm(depth + 1) };
    }
    return this.#readAttributeTerm(depth);
  }

  #readAttributeTerm(depth: number): Filter {
    const path = parseAttributePath(this.#take("word", "an attribute").text, "invalidFilter", { type: this.#type });
    if (path.attribute === null) throw this.#refused("names a schema where it should name an attribute");
    if (this.#token.kind !== "[") return this.#readComparison(path);
    this.#advance();
    const where = this.readAlternatives(depth + 1);
    const bracket = this.#take("]");
    const next = this.#token;
    if (next.kind !== "word" || !next.text.startsWith(".") || next.at !== bracket.end) {
      return { kind: "element", path, where, also: null };
    }
    this.#advance();
    const also = this.#readComparison(parseAttributePath(next.text.slice(1), "invalidFilter"));
    return { kind: "element", path, where, also };
  }

  #readComparison(path: AttributePath): Filter {
    this.#terms += 1;
    if (this.#terms > filterTermsMax) throw this.#refused(`has more than ${filterTermsMax} comparisons`);
    const word = this.#take("word", "an operator").text.toLowerCase();
    if (word === "pr") return { kind: "present", path };
    const operator = compareOperators.find((candidate) => candidate === word);
    if (operator === undefined) throw this.#refused("has an operator that is none of eq ne co sw ew gt ge lt le pr");
    const isQuoted = this.#token.kind === "string";
    const { text } = this.#take(isQuoted ? "string" : "word", "a value");
    return { kind: "compare", path, operator, literal: { text, isQuoted } };
  }

  #take(kind: Token["kind"], what?: string): Token {
    const token = this.expect(kind, what);
    this.#advance();
    return token;
  }

  #advance(): void {
    this.#token = tokenAt(this.#text, this.#token.end);
  }

  #isWord(word: string): boolean {
    return this.#token.kind === "word" && this.#token.text.toLowerCase() === word;
  }

  #refused(why: string): Error {
    return badRequest("invalidFilter", `The filter ${why}, at position ${this.#token.at}.`);
  }
}

const compareOperators: readonly CompareOperator[] = ["eq", "ne", "co", "sw", "ew", "gt", "ge", "lt", "le"];
