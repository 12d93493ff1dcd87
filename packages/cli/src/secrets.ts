import { inspect } from "node:util";

/** What is shown in place of a secret. */
const mask = "[redacted]";

/** Shorter values would blank out ordinary words; no service gives out such keys. */
const secretCharactersMin = 6;

/** A value that shows itself only to whoever asks by name: printing, inspecting or serialising it gives a mask. */
export class Secret {
  readonly #value: string;

  constructor(value: string) {
    this.#value = value;
  }

  /** The value itself, for the one place that has to send it. */
  reveal(): string {
    return this.#value;
  }

  /** Of several, a line each, the one that stays: the others are those it takes the place of. */
  first(): Secret {
    return new Secret(this.#value.split("\n", 1).join().trim());
  }

  toString(): string {
    return mask;
  }

  toJSON(): string {
    return mask;
  }

  [inspect.custom](): string {
    return mask;
  }
}

/** Secrets this process has read, so that none of them can leave it in a log line, an error or an answer. */
export class Secrets {
  readonly #forms = new Set<string>();
  #pattern: RegExp | null = null;

  /** Remembers a secret, in every form it may appear in, and hands it back. */
  keep(value: string): string {
    if (value.length < secretCharactersMin) return value;
    const known = this.#forms.size;
    for (const form of formsOf(value)) this.#forms.add(form);
    if (this.#forms.size > known) this.#pattern = patternOf(this.#forms);
    return value;
  }

  /** The text with every known secret replaced: as it is, and as URLs, JSON, headers and dumps show it. */
  redact(text: string): string {
    return this.#pattern === null ? text : text.replaceAll(this.#pattern, mask);
  }

  /**
   * As `redact`, and what only looks like a secret goes as well. For diagnostics: they repeat what people have typed in
   * the wrong place. Not for results, which may hold anything and must stay as they are.
   */
  redactAll(text: string): string {
    return this.redact(text).replaceAll(lookalike, mask);
  }
}

/** Keys, tokens and signing secrets as WorkOS, our server and Standard Webhooks make them, and passwords in addresses. */
const lookalike = /\b(?:sk|whsec)_[\w+/=-]{6,}|\bdsync_[\w-]{40,}|(?<=:\/\/[^\s/:@]*:)[^\s/@]+(?=@)/g;

function formsOf(value: string): readonly string[] {
  const bytes = Buffer.from(value, "utf8");
  const url = encodeURIComponent(value);
  const form = new URLSearchParams([["", value]]).toString().slice(1);
  const json = JSON.stringify(value).slice(1, -1);
  const base64 = [0, 1, 2].flatMap((offset) => base64At(bytes, offset));
  return [value, url, form, json, bytes.toString("hex"), ...base64];
}

/**
 * How base64 shows these bytes when `offset` others (modulo 3) stand in front, as in `user:password`. The characters
 * at both ends depend on the neighbours too, so they are left out.
 */
function base64At(bytes: Buffer, offset: number): readonly string[] {
  const text = Buffer.concat([Buffer.alloc(offset), bytes])
    .toString("base64")
    .replaceAll("=", "");
  const start = offset === 0 ? 0 : offset + 1;
  const whole = Math.floor(((offset + bytes.length) * 8) / 6);
  const core = text.slice(start, whole);
  // Too little is left of a short secret to tell it from ordinary text.
  if (core.length < secretCharactersMin) return [];
  return [core, core.replaceAll("+", "-").replaceAll("/", "_")];
}

/** The longest first, so that what contains another form is replaced as a whole. */
function patternOf(forms: ReadonlySet<string>): RegExp {
  const sorted = [...forms].sort((one, other) => other.length - one.length);
  return new RegExp(sorted.map((form) => form.replaceAll(/[\\^$.*+?()[\]{}|/-]/g, String.raw`\$&`)).join("|"), "gi");
}
