import { ScimError } from "./error.ts";

/** What an entity tag is made from. */
export interface Versioned {
  /** Counts the changes of the resource, from 1. */
  readonly version: number;
  /** When it last changed, ISO 8601. */
  readonly modified_at: string;
}

/** What a client says about the version it knows (RFC 9110 sections 13.1.1 and 13.1.2); null where it says nothing. */
export interface Preconditions {
  readonly ifMatch: string | null;
  readonly ifNoneMatch: string | null;
}

/**
 * The entity tag of a resource, also its `meta.version` (RFC 7644 section 3.14). Weak, because `attributes` show the same version
 * in several ways. The counter tells two changes of one millisecond apart; the time tells a restored backup, in which the
 * counter has gone back, from what came after it.
 */
export function etagOf(row: Versioned): string {
  return `W/"${row.version.toString(36)}.${Date.parse(row.modified_at).toString(36)}"`;
}

/** The preconditions in the headers of a request. */
export function preconditionsOf({ headers }: Request): Preconditions {
  return { ifMatch: headers.get("if-match"), ifNoneMatch: headers.get("if-none-match") };
}

/**
 * Refuses a change of a version that the client does not know. To be asked in the transaction that makes the change: a
 * version that was right before it may be wrong in it.
 *
 * @throws scim_error 412
 */
export function assertPreconditions({ ifMatch, ifNoneMatch }: Preconditions, row: Versioned): void {
  assertMatch(ifMatch, row);
  if (ifNoneMatch !== null && names(ifNoneMatch, row)) {
    throw new ScimError(`The resource is there, in version ${etagOf(row)}.`, { status: 412 });
  }
}

/**
 * True when the client of a read has this version already.
 *
 * @throws scim_error 412 when it wants to read another one and nothing else, which is looked at first (RFC 9110 section 13.2.2)
 */
export function isKnown({ ifMatch, ifNoneMatch }: Preconditions, row: Versioned): boolean {
  assertMatch(ifMatch, row);
  return ifNoneMatch !== null && names(ifNoneMatch, row);
}

function assertMatch(ifMatch: string | null, row: Versioned): void {
  if (ifMatch !== null && !names(ifMatch, row)) {
    throw new ScimError(`The resource has changed: its version is ${etagOf(row)}. Read it again.`, { status: 412 });
  }
}

/**
 * True when a list of tags names this version. Compared as weak tags (RFC 9110 section 8.8.3.2): `W/"1"` and `"1"` are the same,
 * and clients that copy `meta.version` without its quotation marks are understood.
 */
function names(header: string, row: Versioned): boolean {
  const current = opaque(etagOf(row));
  return header.split(",").some((tag) => tag.trim() === "*" || opaque(tag) === current);
}

/** Our own tags hold no comma and no quotation mark, so a tag that is taken apart wrongly is another's and names nothing. */
function opaque(tag: string): string {
  const text = tag.trim();
  const strong = text.startsWith("W/") || text.startsWith("w/") ? text.slice(2) : text;
  return strong.startsWith('"') && strong.endsWith('"') ? strong.slice(1, -1) : strong;
}
