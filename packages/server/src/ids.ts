import { hash, randomBytes, randomFillSync, timingSafeEqual } from "node:crypto";
import type { Runtime } from "@dirsync/sdk";

/** What an id starts with, by the kind of thing it names (contract of ids and timestamps). */
export type IdPrefix =
  | "audit_"
  | "directory_"
  | "directory_user_"
  | "directory_group_"
  | "directory_token_"
  | "event_"
  | "org_"
  | "org_domain_"
  | "we_";

/** Makes ids, tokens and keys. The only place of this package that asks for randomness. */
export interface Ids {
  /**
   * The clock, held back from ever going backwards, in epoch milliseconds: for what is put on record in order. Once a clock was
   * ahead it stands still until time has caught up.
   */
  nowMs(): number;
  /** The clock as it is, in epoch milliseconds: for what is good for a time, which must end whatever the clock was before. */
  clockMs(): number;
  /** The next id: greater than every id made before, in this process or an earlier one on the same data. */
  next(prefix: IdPrefix): string;
  /** A directory's bearer token. Shown once; only its digest is kept. */
  token(): string;
  /** The last segment of a directory's SCIM URL. Hard to guess, but not a secret: the token is. */
  externalKey(): string;
  /** Names one request in answers and in the log. Sorts by time: the log of requests is written where its index ends. */
  requestId(): string;
}

// Crockford's base 32, the alphabet of ULIDs: its character order is its numeric order, so ids sort as they were made.
const alphabet = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
const timeCharacters = 10;
const halfCharacters = 8;
const halfLimit = 2 ** 40;

// Below the ten characters a ULID has for its time. A clock beyond the year 10889 is a broken clock.
const timeLimitMs = 2 ** 48;

// 256 bits: as long as the digest it is looked up by, so guessing is no easier than inverting SHA-256.
const tokenBytes = 32;
const externalKeyBytes = 15;

// Some hundred ids.
const poolBytes = 4_096;

/**
 * Ids that only grow. A ULID sorts by its time, so a clock set back would put new ids before old ones and a reader at
 * the end of the log would never see them: time and random part therefore continue from the greatest of the
 * `existing` ids. Ids made within one millisecond are a random step apart, so that one does not give away the next.
 */
export function createIds(runtime: Runtime, existing: readonly string[]): Ids {
  let last = existing.map(parse).reduce<Ulid | null>(greater, null);
  const random = randomPool();

  function nowMs(): number {
    return Math.max(Math.floor(runtime.now()), last?.timeMs ?? 0);
  }

  return {
    nowMs,
    clockMs: () => Math.floor(runtime.now()),
    next: (prefix) => {
      last = successor(last, nowMs(), random(10));
      return `${prefix}${print(last)}`;
    },
    token: () => `dsync_${randomBytes(tokenBytes).toString("base64url")}`,
    externalKey: () => randomBytes(externalKeyBytes).toString("base64url"),
    requestId: () => `req_${print(successor(null, nowMs(), random(10)))}`,
  };
}

/** The time an id was made, in epoch milliseconds. Only for ids that `createIds` made. */
export function timeOf(id: string): number {
  return parse(id).timeMs;
}

/** The smallest id an object made at or after this time can have. */
export function lowestIdAt(prefix: IdPrefix, timeMs: number): string {
  const bounded = Math.min(Math.max(Math.floor(timeMs), 0), timeLimitMs - 1);
  return `${prefix}${print({ timeMs: bounded, high: 0, low: 0 })}`;
}

/** SHA-256 in hexadecimal: how tokens are kept and looked up. */
export function digestOf(secret: string): string {
  return hash("sha256", secret, "hex");
}

/** True when both texts are the same, in a time that does not depend on where they differ, only on how long they are. */
export function isSameText(one: string, other: string): boolean {
  const left = Buffer.from(one, "utf8");
  const right = Buffer.from(other, "utf8");
  return left.length === right.length && timingSafeEqual(left, right);
}

interface Ulid {
  readonly timeMs: number;
  /** The 80 random bits as two numbers of 40, because a double holds 53. */
  readonly high: number;
  readonly low: number;
}

/** Random bytes, each given out once. Fetching them one id at a time costs more than all else about an id. */
function randomPool(): (bytes: number) => Buffer {
  const pool = Buffer.alloc(poolBytes);
  let used = poolBytes;
  return (bytes) => {
    if (used + bytes > poolBytes) {
      randomFillSync(pool);
      used = 0;
    }
    used += bytes;
    return pool.subarray(used - bytes, used);
  };
}

/** `bytes` are ten random ones. */
function successor(last: Ulid | null, timeMs: number, bytes: Buffer): Ulid {
  const high = bytes.readUIntBE(0, 5);
  const low = bytes.readUIntBE(5, 5);
  if (last === null || timeMs > last.timeMs) return { timeMs, high, low };
  const stepped = last.low + 1 + bytes.readUInt32BE(0);
  const carried = stepped >= halfLimit ? last.high + 1 : last.high;
  if (carried >= halfLimit) return { timeMs: last.timeMs + 1, high, low };
  return { timeMs: last.timeMs, high: carried, low: stepped % halfLimit };
}

function greater(one: Ulid | null, other: Ulid): Ulid {
  return one !== null && print(one) > print(other) ? one : other;
}

function print(ulid: Ulid): string {
  return encode(ulid.timeMs, timeCharacters) + encode(ulid.high, halfCharacters) + encode(ulid.low, halfCharacters);
}

function parse(id: string): Ulid {
  const text = id.slice(id.lastIndexOf("_") + 1);
  return {
    timeMs: decode(text.slice(0, timeCharacters)),
    high: decode(text.slice(timeCharacters, timeCharacters + halfCharacters)),
    low: decode(text.slice(timeCharacters + halfCharacters)),
  };
}

function encode(value: number, characters: number): string {
  let rest = value;
  let text = "";
  for (let index = 0; index < characters; index += 1) {
    text = alphabet.charAt(rest % 32) + text;
    rest = Math.floor(rest / 32);
  }
  return text;
}

function decode(text: string): number {
  let value = 0;
  for (const character of text) value = value * 32 + alphabet.indexOf(character);
  return value;
}
