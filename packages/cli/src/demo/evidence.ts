import type { DirectoryEvent } from "@dirsync/sdk";
import { laneBy } from "@dirsync/consumer";
import type { Arrival } from "./app.ts";

/** What one receiver got, judged against the log. */
export interface Evidence {
  readonly receiver: string;
  readonly events: number;
  readonly arrivals: number;
  readonly lost: number;
  readonly duplicates: number;
  /** Events whose first arrival came after that of a later event of the same directory. */
  readonly outOfOrder: number;
  readonly medianLagMs: number;
  readonly longestLagMs: number;
}

/** Compares what a receiver wrote down with the log itself. */
export function examine(receiver: string, log: readonly DirectoryEvent[], arrivals: readonly Arrival[]): Evidence {
  const own = arrivals.filter((arrival) => arrival.receiver === receiver);
  const first = new Map<string, Arrival>();
  for (const arrival of own) if (!first.has(arrival.eventId)) first.set(arrival.eventId, arrival);
  const lags = log.flatMap((event) => {
    const arrival = first.get(event.id);
    return arrival === undefined ? [] : [Math.max(0, arrival.receivedAtMs - Date.parse(event.created_at))];
  });
  return {
    receiver,
    events: log.length,
    arrivals: own.length,
    lost: log.filter((event) => !first.has(event.id)).length,
    duplicates: own.length - first.size,
    outOfOrder: countOutOfOrder(log, [...first.keys()]),
    medianLagMs: median(lags),
    longestLagMs: Math.max(0, ...lags),
  };
}

function countOutOfOrder(log: readonly DirectoryEvent[], arrived: readonly string[]): number {
  const position = new Map(
    log.map((event, index) => [event.id, { index, lane: laneBy.directory(event).exclusive[0] ?? event.id }]),
  );
  const highest = new Map<string, number>();
  let count = 0;
  for (const id of arrived) {
    const place = position.get(id);
    if (place === undefined) continue;
    if (place.index < (highest.get(place.lane) ?? -1)) count += 1;
    else highest.set(place.lane, place.index);
  }
  return count;
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? 0;
}
