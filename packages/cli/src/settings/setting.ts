/** What a setting is, and what it is called in each place. */
import type { Kind } from "./kinds.ts";

/** One setting. Its key in the file is its name in this table; flag and variable follow from that. */
export interface Setting<T, F = unknown> {
  readonly kind: Kind<T, F>;
  /** What it decides: a phrase for the help text. */
  readonly purpose: string;
  /** Absent when there is none, or when it takes more than a value to say it. */
  readonly standard?: NoInfer<T>;
  /** The default in words, where the value itself does not say it. */
  readonly standardText?: string;
}

/** A secret. It is given in a variable, or in a file named by a flag, by a variable with `_FILE`, or in the config file. */
export interface SecretSetting {
  readonly purpose: string;
  /** The first that is set wins. */
  readonly variables: readonly [string, ...string[]];
}

/** What a command gets from one of these tables. */
export type ValuesOf<T> = { readonly [K in keyof T]: T[K] extends Setting<infer V> ? V : never };

/** What a config file may say of the settings in one of these tables. */
export type FileValuesOf<T> = { readonly [K in keyof T]?: T[K] extends Setting<infer _V, infer F> ? F : never };

/** `drainTimeout` → `--drain-timeout`. */
export function flagOf(key: string): string {
  return `--${key.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
}

/** `drainTimeout` → `DIRSYNC_DRAIN_TIMEOUT`. */
export function variableOf(key: string): string {
  return `DIRSYNC_${key.replaceAll(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase()}`;
}

/** The flag's key and the file's key for a secret: `apiKey` → `apiKeyFile`. */
export function secretFileKeyOf(name: string): string {
  return `${name}File`;
}

/** A setting that always has a value, or that a sink cannot do without. */
export function setting<T, F>(given: Setting<T, F>): Setting<T, F> {
  return given;
}

/** One that may be absent. */
export function optional<T, F>({ kind, ...rest }: Setting<T, F>): Setting<T | undefined, F> {
  return { ...rest, kind: { ...kind, show: (value) => (value === undefined ? "" : kind.show(value)) } };
}
