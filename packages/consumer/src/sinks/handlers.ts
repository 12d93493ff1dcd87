import {
  ConfigError,
  type DirectoryEvent,
  type EventName,
  type EventOf,
  isKnownEventName,
  knownEventNames,
  type Logger,
  silentLogger,
  SinkError,
} from "@dirsync/sdk";
import type { Attempt, Sink } from "../model.ts";
import type { Synthetic } from "../scan/model.ts";

/** What a handler gets besides the event. */
export interface HandlerContext {
  readonly attempt: Attempt;
  /** Aborted when the try's time is up. Pass it on to whatever the handler waits for. */
  readonly signal: AbortSignal;
  readonly log: Logger;
  /** True when a person asked for the event again after it had been delivered. */
  readonly replay: boolean;
  /** There when the event comes from a scan and not from upstream's log: nobody has just now done what it says. */
  readonly synthetic?: Synthetic;
  /**
   * There when the event was found later than its place in upstream's log: what comes after it there may have been handled
   * already, so that it may say how something was and not how it is.
   */
  readonly late?: true;
  /**
   * Has a side effect that must not be had twice, such as a mail: calls `work` unless the state file knows of one with
   * this name and key, whatever event it was for. It is on record once `work` has resolved; a crash before that lets
   * it happen again. Resolves to what `work` does, or to undefined when it was not called.
   * @throws SinkError `effects_unknown` where no record is kept, and `work` is not called.
   */
  effect<T>(name: string, key: string, work: () => T | Promise<T>): Promise<T | undefined>;
}

/**
 * Functions by event name. Each resolves when its effect is durable and rejects when the event must be tried again;
 * because an event may come twice, it must do the same thing the second time. `*` receives what no other entry takes.
 */
export type Handlers = {
  readonly [N in EventName]?: (event: EventOf<N>, context: HandlerContext) => void | Promise<void>;
} & {
  readonly "*"?: (event: DirectoryEvent, context: HandlerContext) => void | Promise<void>;
};

/** What the sink is called and where its handlers log. */
export interface HandlersSinkOptions {
  /** Default `handlers`. */
  readonly name?: string;
  readonly log?: Logger;
}

/**
 * A sink that calls functions in this process. An event that no handler wants counts as delivered.
 * @throws ConfigError when a handler is for no event, or no function
 */
export function handlersSink(handlers: Handlers, options: HandlersSinkOptions = {}): Sink {
  checkHandlers(handlers);
  const log = options.log ?? silentLogger;
  return {
    name: options.name ?? "handlers",
    async deliver(event: DirectoryEvent, attempt: Attempt): Promise<void> {
      const { replay, synthetic, late } = attempt;
      const told = { ...(synthetic === undefined ? {} : { synthetic }), ...(late === undefined ? {} : { late }) };
      const context = Object.defineProperty(
        { attempt, log, replay, ...told, effect: effectOf(attempt) },
        "signal",
        attemptSignal,
      ) as HandlerContext;
      const typed = isKnownEventName(event.event) ? handlers[event.event] : undefined;
      if (typed === undefined) {
        await handlers["*"]?.(event, context);
        return;
      }
      await checkData(event);
      // The check above is what makes this true: the handler's name and the data's type go together.
      await (typed as (event: DirectoryEvent, context: HandlerContext) => void | Promise<void>)(event, context);
    },
  };
}

/** A mistyped name would have every event of its type count as delivered to nobody, which no later mending brings back. */
function checkHandlers(handlers: Readonly<Record<string, unknown>>): void {
  for (const [name, handler] of Object.entries(handlers)) {
    const place = { where: `handlers["${name}"]` };
    if (name !== "*" && !isKnownEventName(name)) {
      const names = `${knownEventNames.join(", ")}, and "*" for all others`;
      throw new ConfigError(`There is a handler for "${name}", which is no event. Events: ${names}.`, place);
    }
    if (handler !== undefined && typeof handler !== "function") {
      throw new ConfigError(`The handler for ${name} is not a function.`, place);
    }
  }
}

/** The attempt's, which is made when it is first looked at. Most handlers never do. */
const attemptSignal: PropertyDescriptor & ThisType<{ readonly attempt: Attempt }> = {
  configurable: true,
  enumerable: true,
  get() {
    return this.attempt.signal;
  },
};

function effectOf({ effects }: Attempt): HandlerContext["effect"] {
  return async (name, key, work) => {
    if (effects === undefined) throw effectsUnknown(name);
    if (await effects.has(name, key)) return undefined;
    const result = await work();
    await effects.note(name, key);
    return result;
  };
}

/** No event is at fault, and no other try changes anything about it. */
export function effectsUnknown(name: string): SinkError {
  const message = `Effect ${name} cannot be had once: nothing keeps a record of effects here. A consumer with a journal does.`;
  return new SinkError(message, { verdict: "halt", code: "effects_unknown" });
}

/** Data is checked here and not for every sink, because only typed handlers rely on it. */
async function checkData(event: DirectoryEvent): Promise<void> {
  if (!isKnownEventName(event.event)) return;
  // A leaver is cut off by id alone: nothing else that is missing or odd may keep that from happening.
  if (event.event.endsWith(".deleted") && typeof event.data["id"] === "string") return;
  // Loaded when first needed: it takes longer than everything else here, and most runs have no typed handler.
  const { eventDataSchemas } = await import("@dirsync/sdk/schemas");
  const result = eventDataSchemas[event.event].safeParse(event.data);
  if (result.success) return;
  const places = result.error.issues.map((issue) => issue.path.join(".")).join(", ");
  throw new SinkError(`Event ${event.id} (${event.event}) has data that is not of its type, at ${places}.`, {
    verdict: "dead",
    code: "data_invalid",
    cause: result.error,
  });
}
