import { ConfigError } from "../errors.ts";

/** Values of a query string. Undefined is left out; an array is sent as one comma-separated value. */
export type Query = Readonly<Record<string, string | number | readonly string[] | undefined>>;

/**
 * The query string with its question mark, or nothing when no value is set. An empty value is an error and never
 * dropped: leaving out an empty `after` would silently start again from the beginning.
 * @throws ConfigError naming the parameter.
 */
export function queryString(query: Query): string {
  const params = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) {
    if (value === undefined) continue;
    params.set(name, textOf(name, value));
  }
  const text = params.toString();
  return text === "" ? "" : `?${text}`;
}

function textOf(name: string, value: unknown): string {
  if (typeof value === "number") return String(value);
  if (Array.isArray(value)) {
    if (value.length === 0) throw refusal(name, "is an empty list");
    return value.map((item) => itemOf(name, item)).join(",");
  }
  if (typeof value !== "string") throw refusal(name, "is not a string");
  if (value === "") throw refusal(name, "is empty");
  return wellFormed(name, value);
}

function itemOf(name: string, item: unknown): string {
  if (typeof item !== "string" || item === "") throw refusal(name, "holds an empty name");
  if (item.includes(",")) throw refusal(name, "holds a name with a comma");
  return wellFormed(name, item);
}

/** Half a character would be sent as a question mark, and something else be asked for than the caller said. */
function wellFormed(name: string, value: string): string {
  if (/\p{Surrogate}/u.test(value)) throw refusal(name, "is not valid Unicode");
  return value;
}

function refusal(name: string, problem: string): ConfigError {
  return new ConfigError(`${name} ${problem}. Leave it out, or give it a value.`, { where: name });
}
