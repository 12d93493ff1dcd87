import type { ParamIndexMap, Result, Router } from "hono/router";

/** A route as it was added. */
interface Route<Handler> {
  readonly method: string;
  /** Words, `:names`, and a `*` at the end for anything or nothing more. */
  readonly segments: readonly string[];
  readonly entry: [Handler, ParamIndexMap];
}

/**
 * Finds routes by walking a path segment by segment. What routes are left after a segment is found out once; from then on a
 * step is one lookup, and a request none of the routes are compared with. Hono's router for routes like ours, which have words
 * and `:names` in one place, compares them all for each request; its quick ones do not take them.
 */
export class SegmentRouter<Handler> implements Router<Handler> {
  readonly name = "SegmentRouter";
  #routes: readonly Route<Handler>[] = [];
  #start: Place<Handler> | null = null;

  /** @throws TypeError for what only other routers know: optional segments, patterns, and a `*` inside a path */
  add(method: string, path: string, handler: Handler): void {
    const segments = path.split("/").slice(1);
    const isKnown = segments.every((segment, index) =>
      segment === "*" ? index === segments.length - 1 : !/[*?{}]/u.test(segment),
    );
    if (!isKnown) throw new TypeError(`The route ${path} has more than words, :names and a * at its end.`);
    const names = segments.flatMap((segment, index) =>
      isName(segment) ? [[segment.slice(1), index + 1] as const] : [],
    );
    this.#routes = [...this.#routes, { method, segments, entry: [handler, Object.fromEntries(names)] }];
    this.#start = null;
  }

  match(method: string, path: string): Result<Handler> {
    const segments = path.split("/");
    let place = (this.#start ??= new Place(this.#routes, 0));
    for (let index = 1; index < segments.length; index += 1) place = place.after(segments[index] ?? "");
    // Names stand for places in the list of segments.
    return [place.entries(method), segments];
  }
}

/** Where a walk is after some segments, with the routes that begin like them, in the order in which they were added. */
class Place<Handler> {
  readonly #routes: readonly Route<Handler>[];
  readonly #depth: number;
  readonly #words: ReadonlySet<string>;
  readonly #next = new Map<string, Place<Handler>>();
  readonly #entries = new Map<string, [Handler, ParamIndexMap][]>();

  constructor(routes: readonly Route<Handler>[], depth: number) {
    this.#routes = routes;
    this.#depth = depth;
    this.#words = new Set(routes.flatMap(({ segments }) => segments.slice(depth, depth + 1)).filter(isWord));
  }

  after(segment: string): Place<Handler> {
    // Any segment that is no word of a route leads to the same place, but for the empty one, which no name takes.
    const key = segment === "" || this.#words.has(segment) ? segment : anyName;
    let next = this.#next.get(key);
    if (next === undefined) this.#next.set(key, (next = this.#step(segment)));
    return next;
  }

  /** Of the routes that end here. */
  entries(method: string): [Handler, ParamIndexMap][] {
    let entries = this.#entries.get(method);
    if (entries === undefined) {
      const ending = this.#routes.filter((route) => isOfMethod(route, method) && this.#endsHere(route));
      entries = ending.map(({ entry }) => entry);
      this.#entries.set(method, entries);
    }
    return entries;
  }

  #step(segment: string): Place<Handler> {
    const left = this.#routes.filter(({ segments }) => takes(segments, this.#depth, segment));
    // Where every route takes whatever comes, a path of any length ends here.
    const isEnd = left.length === this.#routes.length && left.every(({ segments }) => segments.length <= this.#depth);
    return isEnd ? this : new Place(left, this.#depth + 1);
  }

  #endsHere({ segments }: Route<Handler>): boolean {
    if (segments.at(-1) === "*") return segments.length - 1 <= this.#depth;
    return segments.length === this.#depth;
  }
}

// No segment of a path has a slash in it.
const anyName = "/";

function takes(segments: readonly string[], depth: number, segment: string): boolean {
  const own = segments[depth];
  if (segments.at(-1) === "*" && depth >= segments.length - 1) return true;
  return own === segment || (own !== undefined && isName(own) && segment !== "");
}

function isOfMethod(route: { readonly method: string }, method: string): boolean {
  return route.method === method || route.method === "ALL";
}

function isName(segment: string): boolean {
  return segment.startsWith(":");
}

function isWord(segment: string): boolean {
  return !isName(segment) && segment !== "*";
}
