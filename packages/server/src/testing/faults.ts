import { ConfigError } from "@dirsync/sdk";
import type { Runtime } from "@dirsync/sdk";
import { ConnectionCut } from "../http/connection-cut.ts";
import type { ArmedFault, Fault, FaultOptions, FaultRoute } from "./fault.ts";
import { routeOf } from "./route-match.ts";

/** What faults work with. */
export interface FaultsOptions {
  readonly routes: readonly string[];
  readonly runtime: Runtime;
}

/** Faults that wait for requests. Each request is struck by one at most, the one that has waited longest. */
export class Faults {
  readonly #options: FaultsOptions;
  #armed: Armed[] = [];

  constructor(options: FaultsOptions) {
    this.#options = options;
  }

  /**
   * Strikes the next requests of a route; those of other routes pass.
   * @throws ConfigError when there is no such route, or the fault is none that an answer can have
   */
  next(route: FaultRoute, fault: Fault, { times = 1, when = () => true }: FaultOptions = {}): ArmedFault {
    const { routes } = this.#options;
    if (route !== "*" && !routes.includes(route)) {
      throw new ConfigError(`There is no route '${route}'; the routes are: ${routes.join(", ")}.`, { where: "route" });
    }
    if (!Number.isSafeInteger(times) || times < 1) {
      throw new ConfigError("A fault strikes at least one request; give a whole number.", { where: "times" });
    }
    if (fault.kind === "status" && !(fault.status >= 200 && fault.status <= 599)) {
      throw new ConfigError("An answer has a status from 200 to 599.", { where: "status" });
    }
    const armed = new Armed({ route, fault, when }, times);
    this.#armed.push(armed);
    return armed;
  }

  /** Takes every fault back, and cuts the connections of requests that hang. */
  clear(): void {
    for (const armed of this.#armed) armed.abandon();
    this.#armed = [];
  }

  /** Answers with `handle`, or with what has been asked for in place of it. */
  async answer(request: Request, handle: (request: Request) => Promise<Response>): Promise<Response> {
    const armed = this.#take(request);
    if (armed === undefined) return await handle(request);
    const { fault } = armed.aim;
    switch (fault.kind) {
      case "status": {
        if (fault.side === "after") await handle(request);
        return answerOf(fault);
      }
      case "delay":
        await this.#options.runtime.sleep(fault.delayMs, armed.abandoned).catch(cut);
        return await handle(request);
      case "hang": {
        if (fault.side !== "after") {
          await armed.released(request.signal);
          return await handle(request);
        }
        const response = await handle(request);
        await armed.released(request.signal);
        return response;
      }
      case "cut": {
        const { side = "before" } = fault;
        if (side === "before") return cut();
        const response = await handle(request);
        throw new ConnectionCut(side === "midway" ? response : null);
      }
      default:
        return fault satisfies never;
    }
  }

  #take(request: Request): Armed | undefined {
    if (this.#armed.length === 0) return undefined;
    const route = routeOf(this.#options.routes, request);
    const armed = this.#armed.find(({ aim, remaining }) => {
      return remaining > 0 && (aim.route === "*" || aim.route === route) && aim.when(request);
    });
    armed?.strike();
    return armed;
  }
}

interface Aim {
  readonly route: FaultRoute;
  readonly fault: Fault;
  readonly when: (request: Request) => boolean;
}

class Armed implements ArmedFault {
  readonly aim: Aim;
  #remaining: number;
  #struck = 0;
  readonly #release = new AbortController();
  readonly #abandon = new AbortController();

  constructor(aim: Aim, times: number) {
    this.aim = aim;
    this.#remaining = times;
  }

  get struck(): number {
    return this.#struck;
  }

  get remaining(): number {
    return this.#remaining;
  }

  /** Aborted when the connection of what waits here is to be cut. */
  get abandoned(): AbortSignal {
    return this.#abandon.signal;
  }

  strike(): void {
    this.#struck += 1;
    this.#remaining -= 1;
  }

  release(): void {
    this.#remaining = 0;
    this.#release.abort();
  }

  abandon(): void {
    this.#remaining = 0;
    this.#abandon.abort();
  }

  /** Resolves when it is released. @throws ConnectionCut when it is abandoned, or the caller has gone */
  async released(gone: AbortSignal): Promise<void> {
    const ends = [this.#release.signal, this.#abandon.signal, gone];
    await aborted(AbortSignal.any(ends));
    if (!this.#release.signal.aborted) cut();
  }
}

async function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return;
  await new Promise<void>((resolve) => {
    signal.addEventListener("abort", () => resolve(), { once: true });
  });
}

function cut(): never {
  throw new ConnectionCut();
}

function answerOf({ status, retryAfter, body }: Extract<Fault, { readonly kind: "status" }>): Response {
  // The service answers some routes with a bare text when it limits them (contract of error bodies, E9).
  const sent = body ?? (status === 429 ? "Ratelimited" : { message: `A test asked for status ${String(status)}.` });
  const headers: Record<string, string> = { "Content-Type": "application/json" };
  if (retryAfter !== undefined) headers["Retry-After"] = String(retryAfter);
  return new Response([204, 205, 304].includes(status) ? null : JSON.stringify(sent), { status, headers });
}
