/**
 * Events of a type that nobody here knows: a service that is newer than this package sends them. What they say is not
 * understood, and the mirror does not follow them; whether a sink is to get them is the sink's own choice.
 */
import { type DirectoryEvent, isKnownEventName, SinkError } from "@dirsync/sdk";
import type { BatchEntry, Sink } from "./model.ts";

/** What becomes of an event of an unknown type: deliver it as it is, skip it as if it was not wanted, or halt the sink. */
export type UnknownEventPolicy = "deliver" | "skip" | "halt";

/** Which events somebody knows: the SDK, or whoever has asked for them by name. */
export function knowing(names: readonly string[]): (event: DirectoryEvent) => boolean {
  const asked = new Set(names);
  return ({ event }) => isKnownEventName(event) || asked.has(event);
}

/** The sink, halting at the first event that is not known. What comes before it in a batch is delivered. */
export function haltingSink(sink: Sink, isKnown: (event: DirectoryEvent) => boolean): Sink {
  const check = (event: DirectoryEvent): void => {
    if (!isKnown(event)) throw unknownEvent(sink, event);
  };
  return {
    name: sink.name,
    ...(sink.defaults !== undefined && { defaults: sink.defaults }),
    deliver: async (event, attempt) => {
      check(event);
      await sink.deliver(event, attempt);
    },
    ...(sink.deliverBatch !== undefined && {
      deliverBatch: async (entries, signal) => {
        const count = entries.findIndex(({ event }) => !isKnown(event));
        const known = count === -1 ? entries : entries.slice(0, count);
        if (known.length > 0) await deliverKnown(sink, known, signal);
        const unknown = entries[known.length];
        if (unknown !== undefined) throw unknownEvent(sink, unknown.event, known.length);
      },
    }),
    ...(sink.apply !== undefined && {
      apply: (event, attempt, database) => {
        check(event);
        sink.apply?.(event, attempt, database);
      },
    }),
    ...(sink.close !== undefined && { close: () => sink.close?.() ?? Promise.resolve() }),
  };
}

async function deliverKnown(sink: Sink, entries: readonly BatchEntry[], signal: AbortSignal): Promise<void> {
  const [first, second] = entries;
  // A batch has more than one.
  if (first !== undefined && second === undefined) await sink.deliver(first.event, first.attempt);
  else await sink.deliverBatch?.(entries, signal);
}

function unknownEvent(sink: Sink, { id, event }: DirectoryEvent, deliveredCount = 0): SinkError {
  const message =
    `Event ${id} is of type ${event.slice(0, typeCharactersMax)}, which this version does not know, and sink ${sink.name} ` +
    "halts at such events. Update Dirsync, or set onUnknownEvent to deliver or skip, and start again: the event comes first.";
  return new SinkError(message, { verdict: "halt", code: "unknown_event", deliveredCount });
}

/** Longest name of a type that is told or kept: names come from the service, and may be of any length. */
export const typeCharactersMax = 100;
