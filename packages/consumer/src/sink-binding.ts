import { ConfigError, type DirectoryEvent } from "@dirsync/sdk";
import type { Policy, Sink } from "./model.ts";
import { haltingSink, knowing, type UnknownEventPolicy } from "./unknown-events.ts";

/** A sink and how it is driven. */
export interface SinkBinding {
  readonly sink: Sink;
  /** Default `defaultPolicy` with the sink's own `defaults`. Only what is given is changed. */
  readonly policy?: Partial<Policy>;
  /** True for the events that the sink is to get; the others are recorded as skipped. Default all. */
  readonly wants?: (event: DirectoryEvent) => boolean;
  /** What becomes of wanted events whose type is not known. Default `deliver`. */
  readonly onUnknownEvent?: UnknownEventPolicy;
  /** Types that it asks for by name, and so knows, whether or not anybody else does. Default none. */
  readonly knownEvents?: readonly string[] | undefined;
}

/** The binding with its choice about unknown events put into the sink, or into what it wants. */
export function settleUnknown(binding: SinkBinding, isKnown: (event: DirectoryEvent) => boolean): SinkBinding {
  const { sink, wants = () => true, onUnknownEvent = "deliver", knownEvents = [] } = binding;
  const isAsked = knowing(knownEvents);
  const knows = (event: DirectoryEvent): boolean => isKnown(event) || isAsked(event);
  switch (onUnknownEvent) {
    case "deliver":
      return binding;
    case "skip":
      return { ...binding, wants: (event) => knows(event) && wants(event) };
    case "halt":
      return { ...binding, sink: haltingSink(sink, knows) };
    default:
      return onUnknownEvent satisfies never;
  }
}

/** @throws ConfigError when two sinks have one name, or something else is no sink. */
export function checkSinks(sinks: readonly SinkBinding[]): void {
  const where = "sinks";
  // Callers without a compiler leave them out, or hand them over as they are.
  const isList: boolean = Array.isArray(sinks);
  if (!isList) {
    throw new ConfigError("There is no list of sinks. Give { sink } for each, or [] to keep the mirror alone.", {
      where,
    });
  }
  const wrong = sinks.findIndex((binding: Partial<SinkBinding> | null) => typeof binding?.sink?.name !== "string");
  if (wrong !== -1) throw new ConfigError(`sinks[${wrong}] is not { sink }, with a sink that has a name.`, { where });
  const names = sinks.map(({ sink }) => sink.name);
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice === undefined) return;
  throw new ConfigError(`Two sinks are called ${twice}. They would share one mark and each miss events; rename one.`, {
    where,
  });
}
