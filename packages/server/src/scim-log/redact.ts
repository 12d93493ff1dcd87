/** Text without what is secret. */
export interface Redacted {
  readonly text: string;
  /** True when something was taken out. */
  readonly isChanged: boolean;
}

/** In place of what is secret. */
const mark = "[redacted]";

/** Names of attributes and parameters whose values nobody but the two ends may know. */
const secretName = /pass(?:word|wd|phrase|code)|^pwd$|secret|token|credential|api_?key|authorization/iu;
const mayHoldSecret = /pass|pwd|secret|token|credential|api_?key|authorization/iu;

// Bodies are refused when they are deeper.
const depthMax = 64;

/** A body as it may be kept: the values of secret attributes are gone, and so is a body in which they cannot be told. */
export function redactBody(text: string): Redacted {
  // In an escape any letter of a name may hide.
  if (!mayHoldSecret.test(text) && !text.includes("\\u")) return { text, isChanged: false };
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch {
    return { text: `${mark}: not JSON, and it may hold a secret`, isChanged: true };
  }
  const walk = new Walk();
  const clean = walk.clean(parsed, 0);
  return walk.isChanged ? { text: JSON.stringify(clean), isChanged: true } : { text, isChanged: false };
}

/** A path with its query as it may be kept. */
export function redactPath(path: string): string {
  const at = path.indexOf("?");
  if (at === -1) return path;
  const query = path.slice(at + 1).split("&");
  const clean = query.map((pair) => {
    // As the server reads it: in an escape any letter may hide.
    const [[name, value] = ["", ""]] = new URLSearchParams(pair);
    return secretName.test(name) || saysSecret(name, value) ? `${pair.split("=", 1).join("")}=${mark}` : pair;
  });
  return `${path.slice(0, at)}?${clean.join("&")}`;
}

/** True for a filter on a secret attribute, which says its value. */
function saysSecret(name: string, value: unknown): boolean {
  return name.toLowerCase() === "filter" && typeof value === "string" && secretName.test(value);
}

class Walk {
  isChanged = false;

  clean(value: unknown, depth: number): unknown {
    if (typeof value !== "object" || value === null) return value;
    if (depth > depthMax) return this.#taken();
    if (Array.isArray(value)) return value.map((each) => this.clean(each, depth + 1));
    // A PATCH names the attribute beside its value.
    const path = Object.entries(value as Record<string, unknown>).find(([name]) => name.toLowerCase() === "path")?.[1];
    const isSecretOperation = typeof path === "string" && secretName.test(path);
    const entries = Object.entries(value).map(([name, inner]): [string, unknown] => {
      const isSecret =
        secretName.test(name) || (isSecretOperation && name.toLowerCase() === "value") || saysSecret(name, inner);
      return [name, isSecret && inner !== null ? this.#taken() : this.clean(inner, depth + 1)];
    });
    return Object.fromEntries(entries);
  }

  #taken(): string {
    this.isChanged = true;
    return mark;
  }
}
