import type { Fact } from "@dirsync/consumer";
import type { DirectoryEvent } from "@dirsync/sdk";
import type { MetricRegistry } from "@dirsync/consumer";

/** Upper ends of the ranges of a delay, in seconds: from "at once" over "a few tries" to "somebody had to come". */
const delayBounds = [0.5, 1, 2, 5, 10, 30, 60, 300, 1_800, 7_200, 43_200];

/** What deliveries come to, counted as they happen. */
export class DeliveryMetrics {
  readonly #outcomes;
  readonly #latency;
  readonly #leavers;
  readonly #circuit;
  readonly #halted;
  readonly #late;

  constructor(registry: MetricRegistry) {
    this.#outcomes = registry.counter("dirsync_deliveries_total", "Tries of each sink, by how they ended.");
    this.#latency = registry.histogram(
      "dirsync_delivery_latency_seconds",
      "Time from an event at the service to the end of its delivery.",
      delayBounds,
    );
    this.#leavers = registry.histogram(
      "dirsync_leaver_latency_seconds",
      "The same, of events that end somebody's access.",
      delayBounds,
    );
    this.#circuit = registry.gauge("dirsync_circuit_open", "1 while a sink fails for every event and is only probed.");
    this.#late = registry.counter("dirsync_late_events_total", "Events that came later than their place in the log.");
    this.#halted = registry.gauge("dirsync_sink_halted", "1 once a sink takes no more events until a restart.");
  }

  /** Forgets what a sink was like under the configuration before. */
  begin(sinks: readonly string[]): void {
    for (const gauge of [this.#circuit, this.#halted]) {
      gauge.clear();
      for (const sink of sinks) gauge.set(0, { sink });
    }
  }

  readonly take = (fact: Fact): void => {
    switch (fact.kind) {
      case "delivered":
        this.#deliver(fact);
        return;
      case "skipped":
      case "retry":
      case "dead":
      case "parked":
        this.#outcomes.add({ sink: fact.sink, outcome: fact.kind });
        return;
      case "circuit":
        this.#circuit.set(fact.isOpen ? 1 : 0, { sink: fact.sink });
        return;
      case "halted":
        this.#halted.set(1, { sink: fact.sink });
        return;
      case "late":
        this.#late.add({}, fact.count);
        return;
      case "read":
      case "gap":
      case "refused":
      case "rate":
      case "storage":
        // The journal, the client's hooks and the monitor say this already.
        return;
      default:
        fact satisfies never;
    }
  };

  #deliver({ sink, event, latencyMs, replay }: Extract<Fact, { kind: "delivered" }>): void {
    this.#outcomes.add({ sink, outcome: replay ? "replayed" : "delivered" });
    if (latencyMs === null || replay) return;
    this.#latency.observe(latencyMs / 1_000, { sink });
    if (endsAccess(event)) this.#leavers.observe(latencyMs / 1_000, { sink });
  }
}

/** A person who is gone or switched off, or a directory with everybody in it. */
function endsAccess({ event, data }: DirectoryEvent): boolean {
  if (event === "dsync.user.deleted" || event === "dsync.deleted") return true;
  const { state } = data as { readonly state?: unknown };
  return event === "dsync.user.updated" && typeof state === "string" && state !== "active";
}
