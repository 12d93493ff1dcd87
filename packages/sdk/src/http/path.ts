import { ConfigError } from "../errors.ts";

/** Where a request goes. */
export interface ApiPath {
  /** Encoded, and with no way to another endpoint. */
  readonly path: string;
  /** The same with `{id}` in place of each value, for logs and metrics. */
  readonly template: string;
}

/**
 * Builds a path from a template, each value encoded as one segment: path`/directories/${id}`. A value that would
 * change the shape of the path is refused, so that an id taken from outside can never reach another endpoint.
 * @throws ConfigError for a value that is empty, `.`, `..`, not a string or not valid Unicode.
 */
export function path(strings: TemplateStringsArray, ...segments: readonly string[]): ApiPath {
  const built = strings.reduce((before, text, index) => {
    const segment = segments[index - 1];
    return before + (index === 0 ? "" : encodeSegment(segment, strings[0] ?? "")) + text;
  }, "");
  return { path: built, template: strings.join("{id}") };
}

function encodeSegment(segment: unknown, where: string): string {
  if (typeof segment !== "string") throw refusal("is not a string", where);
  if (segment === "") throw refusal("is empty", where);
  // URL parsers resolve these away even though every character in them is allowed.
  if (segment === "." || segment === "..") throw refusal(`is "${segment}"`, where);
  try {
    return encodeURIComponent(segment);
  } catch (error) {
    if (error instanceof URIError) throw refusal("is not valid Unicode", where);
    throw error;
  }
}

function refusal(problem: string, where: string): ConfigError {
  return new ConfigError(`The id for ${where} ${problem}. Pass it as the service gave it.`, { where });
}
