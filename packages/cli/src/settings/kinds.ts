/**
 * What the value of a setting may be, and how it is read. A flag or a variable gives text, a config file gives text,
 * numbers, lists and so on; both end as the same value, and both are refused with the same words.
 */

/** A value, or what is wrong with what was given. A mistake completes the sentence that begins with its place. */
export type Reading<T> = { readonly value: T } | { readonly mistake: string };

/** A kind of value: `T` is the value, `F` what a config file may say. */
export interface Kind<T, F = unknown> {
  /** What stands for the value in help texts; null for a switch, which takes none on the command line. */
  readonly placeholder: string | null;
  /** The words it takes, where it takes only these. */
  readonly words?: readonly string[];
  /** True when its flag may be given several times. */
  readonly isRepeatable?: boolean;
  /** True when a relative value is looked up from where it was given: the working directory, or the config file's. */
  readonly isPath?: boolean;
  /** `F` in words, for the reference. */
  readonly typeInFile: string;
  /** Never there: it only carries `F`. */
  readonly inFile?: F;
  read(given: unknown): Reading<T>;
  /** The value as people write it. */
  show(value: T): string;
}

/** Where to listen. */
export interface Address {
  readonly host: string;
  readonly port: number;
}

/** Any text but an empty one. */
export function text(placeholder: string): Kind<string, string> {
  return {
    placeholder,
    typeInFile: "string",
    read: (given) => {
      if (isText(given)) return { value: given };
      return { mistake: typeof given === "string" ? "is empty" : `is not text: ${tell(given)}` };
    },
    show: (value) => value,
  };
}

/** The path of a file. */
export function path(placeholder = "file"): Kind<string, string> {
  return { ...text(placeholder), isPath: true };
}

/** On or off. On the command line its mere presence means on. */
export const toggle: Kind<boolean, boolean> = {
  placeholder: null,
  typeInFile: "boolean",
  read: (given) => {
    if (given === true || given === "true" || given === "1") return { value: true };
    if (given === false || given === "false" || given === "0") return { value: false };
    return { mistake: `is neither true nor false: ${tell(given)}` };
  },
  show: String,
};

/** One of a few words. */
export function choice<const T extends string>(values: readonly T[]): Kind<T, T> {
  return {
    placeholder: "choice",
    words: values,
    typeInFile: values.map((value) => `"${value}"`).join(" | "),
    read: (given) => {
      const value = values.find((candidate) => candidate === given);
      return value === undefined ? { mistake: `takes ${or(values)}, not: ${tell(given)}` } : { value };
    },
    show: (value) => value,
  };
}

/** A whole number from `min` to `max`. */
export function count({ min, max }: { min: number; max: number }): Kind<number, number> {
  return {
    placeholder: "count",
    typeInFile: "number",
    read: (given) => {
      const value = typeof given === "string" && /^\d{1,15}$/.test(given) ? Number(given) : given;
      if (typeof value === "number" && Number.isSafeInteger(value) && value >= min && value <= max) return { value };
      return { mistake: `is not a whole number from ${min} to ${max}: ${tell(given)}` };
    },
    show: String,
  };
}

const unitMs: ReadonlyMap<string, number> = new Map([
  ["ms", 1],
  ["s", 1_000],
  ["m", 60_000],
  ["h", 3_600_000],
  ["d", 86_400_000],
]);

/** A time span in milliseconds, written with its unit: `500ms`, `5s`, `10m`, `2h`, `7d`. */
export function duration({ minMs, maxMs }: { minMs: number; maxMs: number }): Kind<number, string> {
  return {
    placeholder: "duration",
    typeInFile: "string",
    read: (given) => {
      const [, amount, unit = ""] = /^(\d{1,9}(?:\.\d{1,3})?)(ms|[smhd])$/.exec(String(given)) ?? [];
      // A bare number would be seconds to one reader and milliseconds to the next.
      if (amount === undefined) return { mistake: `needs a unit, such as 500ms, 5s, 10m, 2h or 7d: ${tell(given)}` };
      const value = Math.round(Number(amount) * (unitMs.get(unit) ?? 0));
      if (value >= minMs && value <= maxMs) return { value };
      return { mistake: `is not between ${showMs(minMs)} and ${showMs(maxMs)}: ${tell(given)}` };
    },
    show: showMs,
  };
}

const unitBytes: ReadonlyMap<string, number> = new Map([
  ["KiB", 1024],
  ["MiB", 1024 ** 2],
  ["GiB", 1024 ** 3],
]);

/** A number of bytes, written with its unit: `512KiB`, `64MiB`, `2GiB`. */
export function size({ minBytes, maxBytes }: { minBytes: number; maxBytes: number }): Kind<number, string> {
  return {
    placeholder: "size",
    typeInFile: "string",
    read: (given) => {
      const [, amount, unit = ""] = /^(\d{1,9}(?:\.\d{1,3})?)([KMG]iB)$/.exec(String(given)) ?? [];
      // A million bytes and a mebibyte are the same word to many, and a bare number would be bytes to one and megabytes to another.
      if (amount === undefined) return { mistake: `needs a unit, such as 512KiB, 64MiB or 2GiB: ${tell(given)}` };
      const value = Math.round(Number(amount) * (unitBytes.get(unit) ?? 0));
      if (value >= minBytes && value <= maxBytes) return { value };
      return { mistake: `is not between ${showBytes(minBytes)} and ${showBytes(maxBytes)}: ${tell(given)}` };
    },
    show: showBytes,
  };
}

/** Several texts: separated by commas in a flag or a variable, a list or such a text in a file. */
export function list<T, F>(item: Kind<T, F>, placeholder: string): Kind<readonly T[], F | readonly F[]> {
  return {
    placeholder,
    isRepeatable: true,
    typeInFile: `${item.typeInFile} | readonly ${item.typeInFile}[]`,
    read: (given) => {
      const items = (Array.isArray(given) ? given : [given]).flatMap((one: unknown) =>
        typeof one === "string" ? one.split(",").map((part) => part.trim()) : [one],
      );
      return allOf(items, item);
    },
    show: (value) => value.map((one) => item.show(one)).join(", "),
  };
}

/** Where a service is: an http or https URL without a user name, as text without a slash at the end. */
export const webAddress: Kind<string, string> = {
  placeholder: "url",
  typeInFile: "string",
  read: (given) => {
    const url = isText(given) && URL.canParse(given) ? new URL(given) : null;
    // What is no URL is not repeated: it may be a key in the wrong place.
    if (url === null || !["http:", "https:"].includes(url.protocol)) {
      return { mistake: "is not an http or https URL, such as http://127.0.0.1:4400" };
    }
    if (url.username !== "" || url.password !== "") return { mistake: "must not contain a user name or password" };
    return { value: String(given).replace(/\/+$/, "") };
  },
  show: (value) => value,
};

/** Where to listen: `4002`, `:4002`, `127.0.0.1:4002` or `[::1]:4002`. Without a host, only this machine can reach it. */
export const address: Kind<Address, string | number> = {
  placeholder: "address",
  typeInFile: "string | number",
  read: (given) => {
    const [, host, port] = /^(?:(\[[0-9a-f:.]+\]|[\w.-]+)?:)?(\d{1,5})$/i.exec(String(given)) ?? [];
    if (port === undefined || Number(port) > 65_535) {
      return { mistake: `is not an address such as 127.0.0.1:4002 or :4002: ${tell(given)}` };
    }
    return { value: { host: host === undefined ? "127.0.0.1" : host.replaceAll(/[[\]]/g, ""), port: Number(port) } };
  },
  show: ({ host, port }) => (host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`),
};

function showMs(ms: number): string {
  return inUnits(ms, [...unitMs]);
}

function showBytes(bytes: number): string {
  return inUnits(bytes, [...unitBytes]);
}

/** An amount as people write it, in the largest unit that leaves no rest, or in the smallest. */
function inUnits(amount: number, units: readonly (readonly [name: string, worth: number])[]): string {
  const [unit = "", worth = 1] =
    units.filter(([, candidate]) => amount >= candidate && amount % candidate === 0).at(-1) ?? units[0] ?? [];
  return `${amount / worth}${unit}`;
}

function allOf<T>(items: readonly unknown[], kind: Kind<T>): Reading<readonly T[]> {
  const values: T[] = [];
  for (const item of items) {
    const reading = kind.read(item);
    if ("mistake" in reading) {
      const { mistake } = reading;
      return { mistake: mistake.startsWith("takes ") ? mistake : `has a part that ${mistake}` };
    }
    values.push(reading.value);
  }
  return { value: values };
}

function isText(given: unknown): given is string {
  return typeof given === "string" && given.trim() !== "";
}

/** What was given, short enough for a sentence. */
export function tell(given: unknown): string {
  const shown = JSON.stringify(given) ?? String(given);
  return shown.length > 60 ? `${shown.slice(0, 59)}…` : shown;
}

/** `a, b or c`. */
export function or(words: readonly string[]): string {
  return words.length < 2 ? words.join("") : `${words.slice(0, -1).join(", ")} or ${words.at(-1)}`;
}
