import { ConfigError } from "../errors.ts";
import { timerMsMax } from "./deadline.ts";

/** Limits that every transport keeps. The time limit over a whole try is the client's `timeoutMs`. */
export interface TransportLimits {
  /** From the end of our request to the end of the answer's headers, unless the call says more. Default 30,000. */
  readonly headersTimeoutMs?: number | undefined;
  /** Longest silence between two pieces of a body. Default 30,000. */
  readonly bodyTimeoutMs?: number | undefined;
  /** Largest decoded body. Default 64 MiB: a page of 100 events is far below 1 MiB. */
  readonly bodyBytesMax?: number | undefined;
}

/** The limits as they hold. */
export type ResolvedLimits = { readonly [K in keyof TransportLimits]-?: number };

const mebibyte = 1024 * 1024;

/** @throws ConfigError for a limit that no timer or counter can keep. */
export function resolveLimits(limits: TransportLimits): ResolvedLimits {
  return {
    headersTimeoutMs: checkMs(limits.headersTimeoutMs ?? 30_000, "headersTimeoutMs"),
    bodyTimeoutMs: checkMs(limits.bodyTimeoutMs ?? 30_000, "bodyTimeoutMs"),
    bodyBytesMax: checkWhole(limits.bodyBytesMax ?? 64 * mebibyte, "bodyBytesMax"),
  };
}

/** The address, or null for what is none of http or https. */
export function webAddress(text: string): URL | null {
  if (!URL.canParse(text)) return null;
  const url = new URL(text);
  return /^https?:$/.test(url.protocol) ? url : null;
}

/**
 * 0 is refused rather than read as "no limit", which is what some libraries below us make of it.
 * @throws ConfigError
 */
export function checkMs(ms: number, where: string): number {
  if (Number.isFinite(ms) && ms >= 1 && ms <= timerMsMax) return ms;
  throw new ConfigError(`${where} must be a number from 1 to ${timerMsMax}, not ${ms}.`, { where });
}

/** @throws ConfigError for anything but a whole number from `min`, which is 0 where it is not given, to `max`. */
export function checkWhole(value: number | undefined, where: string, { min = 0, max = Infinity } = {}): number {
  if (value !== undefined && Number.isInteger(value) && value >= min && value <= max) return value;
  const range = max === Infinity ? `, ${min} or more` : ` from ${min} to ${max}`;
  throw new ConfigError(`${where} must be a whole number${range}, not ${value}.`, { where });
}
