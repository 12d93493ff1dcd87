/** Secrets this process has read, so that none of them can leave it in a log line or an error. */
export class Secrets {
  readonly #values = new Set<string>();

  /** Remembers a secret and hands it back. */
  keep(value: string): string {
    // Shorter strings would blank out ordinary words; no service gives out such keys.
    if (value.length >= 6) this.#values.add(value);
    return value;
  }

  /** The text with every known secret replaced. */
  redact(text: string): string {
    let clean = text;
    for (const value of this.#values) {
      clean = clean.replaceAll(value, "[redacted]").replaceAll(encodeURIComponent(value), "[redacted]");
    }
    return clean;
  }
}
