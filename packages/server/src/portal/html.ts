/** Markup that is safe to send. Only `html` makes it, so that text of others cannot get by without being escaped. */
export class Html {
  readonly #text: string;

  constructor(text: string) {
    this.#text = text;
  }

  toString(): string {
    return this.#text;
  }
}

/** What may stand in markup: text, which is escaped, markup, lists of it, and nothing. */
export type Piece = string | number | Html | null | readonly Html[];

/** Markup with values in it, for content and for attributes in double quotes. */
export function html(parts: TemplateStringsArray, ...values: readonly Piece[]): Html {
  return new Html(parts.map((part, index) => part + textOf(values[index] ?? null)).join(""));
}

function textOf(value: Piece): string {
  if (value === null) return "";
  if (value instanceof Html) return value.toString();
  return typeof value === "object" ? value.map(String).join("") : escaped(String(value));
}

const entities: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

function escaped(text: string): string {
  return text.replaceAll(/[&<>"']/gu, (character) => entities[character] ?? "");
}
